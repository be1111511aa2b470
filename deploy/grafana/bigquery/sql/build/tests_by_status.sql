-- The results of the build's tests by group: the first word of their paths.
SELECT
    COALESCE(NULLIF(SPLIT(path, '.')[SAFE_OFFSET(0)], ''), 'no path') AS `Group`,
    COUNTIF(status = 'FAIL') AS `FAIL`,
    COUNTIF(status = 'ERROR') AS `ERROR`,
    COUNTIF(status = 'MISS') AS `MISS`,
    COUNTIF(status = 'PASS') AS `PASS`,
    COUNTIF(status = 'DONE') AS `DONE`,
    COUNTIF(status = 'SKIP') AS `SKIP`,
    COUNTIF(status IS NULL) AS `no status`
FROM tests
WHERE build_id = ${id:singlequote}
GROUP BY 1
ORDER BY 1
