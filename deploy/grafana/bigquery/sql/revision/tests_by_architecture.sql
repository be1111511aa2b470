-- The results of the revision's tests by architecture.
SELECT
    COALESCE(builds.architecture, 'unknown') AS `Architecture`,
    COUNTIF(tests.status = 'FAIL') AS `FAIL`,
    COUNTIF(tests.status = 'ERROR') AS `ERROR`,
    COUNTIF(tests.status = 'MISS') AS `MISS`,
    COUNTIF(tests.status = 'PASS') AS `PASS`,
    COUNTIF(tests.status = 'DONE') AS `DONE`,
    COUNTIF(tests.status = 'SKIP') AS `SKIP`,
    COUNTIF(tests.status IS NULL) AS `no status`
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    AND (${path:singlequote} = '' OR tests.path = ${path:singlequote} OR STARTS_WITH(tests.path, ${path:singlequote} || '.'))
GROUP BY 1
ORDER BY 1
