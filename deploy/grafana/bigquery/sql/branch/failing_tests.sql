-- The tests that failed most in the ten latest revisions.
WITH revisions AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        MIN(start_time) AS started
    FROM checkouts
    WHERE git_repository_url = ${repository:singlequote}
        AND git_repository_branch = ${branch:singlequote}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_commit_hash, patchset_hash
    ORDER BY started DESC
    LIMIT 10
)
SELECT
    tests.path AS `Test`,
    COUNTIF(tests.status = 'FAIL') AS `Failed`,
    COUNT(*) AS `Runs`,
    COUNTIF(tests.status = 'FAIL') / COUNT(*) AS `Share`,
    COUNT(DISTINCT IF(tests.status = 'FAIL', revisions.started, NULL)) AS `Revisions failing`,
    STRING_AGG(DISTINCT IF(tests.status = 'FAIL', builds.architecture, NULL), ', ') AS `Architectures failing`,
    MAX(IF(tests.status = 'FAIL', tests.start_time, NULL)) AS `Last failed`,
    ARRAY_AGG(IF(tests.status = 'FAIL', tests.id, NULL) IGNORE NULLS ORDER BY tests.start_time DESC LIMIT 1)[SAFE_OFFSET(0)] AS `Last failure`
FROM revisions
JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
    AND checkouts.patchset_hash = revisions.patchset_hash
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE tests.path IS NOT NULL
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
GROUP BY tests.path
HAVING COUNTIF(tests.status = 'FAIL') > 0
ORDER BY `Failed` DESC, `Test`
LIMIT 100
