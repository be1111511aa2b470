-- The tests that failed most in the ten latest revisions.
WITH revisions AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        min(start_time) AS started,
        first(git_commit_name ORDER BY start_time) AS name
    FROM checkouts
    WHERE git_repository_url = ${repository:sqlstring}
        AND git_repository_branch = ${branch:sqlstring}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_commit_hash, patchset_hash
    ORDER BY started DESC
    LIMIT 10
)
SELECT
    tests.path AS "Test",
    count(*) FILTER (WHERE tests.status = 'FAIL') AS "Failed",
    count(*) AS "Runs",
    count(*) FILTER (WHERE tests.status = 'FAIL')::float8 / count(*) AS "Share",
    count(DISTINCT revisions.started) FILTER (WHERE tests.status = 'FAIL') AS "Revisions failing",
    string_agg(DISTINCT builds.architecture, ', ' ORDER BY builds.architecture)
        FILTER (WHERE tests.status = 'FAIL') AS "Architectures failing",
    max(tests.start_time) FILTER (WHERE tests.status = 'FAIL') AS "Last failed",
    last(tests.id ORDER BY tests.start_time) FILTER (WHERE tests.status = 'FAIL') AS "Last failure"
FROM revisions
JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
    AND checkouts.patchset_hash = revisions.patchset_hash
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE tests.path IS NOT NULL
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
GROUP BY tests.path
HAVING count(*) FILTER (WHERE tests.status = 'FAIL') > 0
ORDER BY "Failed" DESC, "Test"
LIMIT 100
