-- The results of the checkout's tests by architecture.
SELECT
    COALESCE(builds.architecture, 'unknown') AS `Architecture`,
    COUNTIF(tests.status = 'FAIL') AS `FAIL`,
    COUNTIF(tests.status = 'ERROR') AS `ERROR`,
    COUNTIF(tests.status = 'MISS') AS `MISS`,
    COUNTIF(tests.status = 'PASS') AS `PASS`,
    COUNTIF(tests.status = 'DONE') AS `DONE`,
    COUNTIF(tests.status = 'SKIP') AS `SKIP`,
    COUNTIF(tests.status IS NULL) AS `no status`
FROM builds
JOIN tests ON tests.build_id = builds.id
WHERE builds.checkout_id = ${id:singlequote}
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
GROUP BY 1
ORDER BY 1
