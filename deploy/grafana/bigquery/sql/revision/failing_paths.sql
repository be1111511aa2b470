-- The tests that failed, by path, with the most failures first.
SELECT
    tests.path AS `Test`,
    COUNTIF(tests.status = 'FAIL') AS `Failed`,
    COUNT(*) AS `Runs`,
    COUNTIF(tests.status = 'FAIL') / COUNT(*) AS `Share`,
    STRING_AGG(DISTINCT IF(tests.status = 'FAIL', builds.architecture, NULL), ', ') AS `Architectures failing`,
    STRING_AGG(DISTINCT IF(tests.status = 'FAIL', COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]), NULL), ', ') AS `Platforms failing`,
    STRING_AGG(DISTINCT IF(tests.status = 'FAIL', tests.origin, NULL), ', ') AS `Origins`
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    AND (${path:singlequote} = '' OR tests.path = ${path:singlequote} OR STARTS_WITH(tests.path, ${path:singlequote} || '.'))
    AND tests.path IS NOT NULL
GROUP BY tests.path
HAVING COUNTIF(tests.status = 'FAIL') > 0
ORDER BY `Failed` DESC, `Test`
LIMIT 200
