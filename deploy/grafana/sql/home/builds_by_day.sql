-- The number of builds that began on each day, by result.
SELECT
    $__timeGroup(start_time, '1d') AS "time",
    count(*) FILTER (WHERE status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE status IS NULL) AS "no status"
FROM builds
WHERE $__timeFilter(start_time)
    AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
GROUP BY 1
ORDER BY 1
