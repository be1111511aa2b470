-- The number of tests that began on each day, by result.
SELECT
    TIMESTAMP_TRUNC(start_time, DAY) AS `time`,
    COUNTIF(status = 'FAIL') AS `FAIL`,
    COUNTIF(status = 'ERROR') AS `ERROR`,
    COUNTIF(status = 'MISS') AS `MISS`,
    COUNTIF(status = 'PASS') AS `PASS`,
    COUNTIF(status = 'DONE') AS `DONE`,
    COUNTIF(status = 'SKIP') AS `SKIP`,
    COUNTIF(status IS NULL) AS `no status`
FROM tests
WHERE $__timeFilter(start_time)
    AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
GROUP BY 1
ORDER BY 1
