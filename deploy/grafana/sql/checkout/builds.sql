-- The builds of the checkout, the worst first, with the results of their tests.
SELECT
    builds.status::text AS "Status",
    builds.architecture AS "Architecture",
    builds.config_name AS "Configuration",
    builds.compiler AS "Compiler",
    builds.start_time AS "Started",
    builds.duration AS "Duration",
    builds.id AS "Build",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    t.total AS "Tests"
FROM builds
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed,
        count(*) FILTER (WHERE status IN ('ERROR', 'MISS')) AS broken
    FROM tests
    WHERE tests.build_id = builds.id
) AS t
WHERE builds.checkout_id = ${id:sqlstring}
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
ORDER BY builds.status, t.failed DESC, builds.architecture, builds.config_name, builds.id
LIMIT 500
