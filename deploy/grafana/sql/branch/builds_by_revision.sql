-- The results of the builds of each of the latest revisions, the latest on the right.
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
    LIMIT 30
)
SELECT
    COALESCE(revisions.name, left(revisions.git_commit_hash, 12))
        || CASE WHEN revisions.patchset_hash <> '' THEN ' + patches' ELSE '' END AS "Revision",
    count(builds.id) FILTER (WHERE builds.status = 'FAIL') AS "FAIL",
    count(builds.id) FILTER (WHERE builds.status = 'ERROR') AS "ERROR",
    count(builds.id) FILTER (WHERE builds.status = 'MISS') AS "MISS",
    count(builds.id) FILTER (WHERE builds.status = 'PASS') AS "PASS",
    count(builds.id) FILTER (WHERE builds.status = 'DONE') AS "DONE",
    count(builds.id) FILTER (WHERE builds.status = 'SKIP') AS "SKIP",
    count(builds.id) FILTER (WHERE builds.status IS NULL) AS "no status",
    revisions.git_commit_hash,
    revisions.patchset_hash
FROM revisions
LEFT JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
    AND checkouts.patchset_hash = revisions.patchset_hash
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
LEFT JOIN builds ON builds.checkout_id = checkouts.id
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
GROUP BY revisions.git_commit_hash, revisions.patchset_hash, revisions.name, revisions.started
ORDER BY revisions.started
