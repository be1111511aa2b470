-- The results of the build's tests by group: the first word of their paths.
SELECT
    COALESCE(NULLIF(split_part(path, '.', 1), ''), 'no path') AS "Group",
    count(*) FILTER (WHERE status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE status IS NULL) AS "no status"
FROM tests
WHERE build_id = ${id:sqlstring}
GROUP BY 1
ORDER BY 1
