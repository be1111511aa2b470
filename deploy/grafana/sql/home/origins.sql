-- The number of objects that each CI system sent in the period, and the time of its latest report.
SELECT
    origin AS "Origin",
    sum(checkouts)::bigint AS "Checkouts",
    sum(builds_failed)::bigint AS "Builds failed",
    sum(builds)::bigint AS "Builds",
    sum(tests_failed)::bigint AS "Tests failed",
    sum(tests_broken)::bigint AS "Tests broken",
    sum(tests)::bigint AS "Tests",
    max(heard) AS "Last heard of"
FROM (
    SELECT
        origin,
        count(*) AS checkouts,
        0 AS builds_failed,
        0 AS builds,
        0 AS tests_failed,
        0 AS tests_broken,
        0 AS tests,
        max(_timestamp) AS heard
    FROM checkouts
    WHERE $__timeFilter(start_time)
    GROUP BY origin
    UNION ALL
    SELECT
        origin,
        0,
        count(*) FILTER (WHERE status = 'FAIL'),
        count(*),
        0,
        0,
        0,
        max(_timestamp)
    FROM builds
    WHERE $__timeFilter(start_time)
    GROUP BY origin
    UNION ALL
    SELECT
        origin,
        0,
        0,
        0,
        count(*) FILTER (WHERE status = 'FAIL'),
        count(*) FILTER (WHERE status IN ('ERROR', 'MISS')),
        count(*),
        max(_timestamp)
    FROM tests
    WHERE $__timeFilter(start_time)
    GROUP BY origin
) AS sent
WHERE '*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring})
GROUP BY origin
ORDER BY origin
