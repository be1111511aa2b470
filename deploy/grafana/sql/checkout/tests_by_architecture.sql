-- The results of the checkout's tests by architecture.
SELECT
    COALESCE(builds.architecture, 'unknown') AS "Architecture",
    count(*) FILTER (WHERE tests.status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE tests.status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE tests.status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE tests.status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE tests.status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE tests.status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE tests.status IS NULL) AS "no status"
FROM builds
JOIN tests ON tests.build_id = builds.id
WHERE builds.checkout_id = ${id:sqlstring}
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
GROUP BY 1
ORDER BY 1
