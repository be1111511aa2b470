-- The result of the build and of its tests.
SELECT
    COALESCE(builds.status::text, 'none') AS "Build",
    COALESCE(t.worst::text, 'none') AS "Worst test",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    t.total AS "Tests",
    builds.duration AS "Duration"
FROM builds
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed,
        count(*) FILTER (WHERE status IN ('ERROR', 'MISS')) AS broken,
        min(status) AS worst
    FROM tests
    WHERE tests.build_id = builds.id
) AS t
WHERE builds.id = ${id:sqlstring}
