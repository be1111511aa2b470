-- The number of objects that each CI system sent in the period, and the time of its latest report.
SELECT
    origin AS `Origin`,
    SUM(checkouts) AS `Checkouts`,
    SUM(builds_failed) AS `Builds failed`,
    SUM(builds) AS `Builds`,
    SUM(tests_failed) AS `Tests failed`,
    SUM(tests_broken) AS `Tests broken`,
    SUM(tests) AS `Tests`,
    MAX(heard) AS `Last heard of`
FROM (
    SELECT
        origin,
        COUNT(*) AS checkouts,
        0 AS builds_failed,
        0 AS builds,
        0 AS tests_failed,
        0 AS tests_broken,
        0 AS tests,
        MAX(_timestamp) AS heard
    FROM checkouts
    WHERE $__timeFilter(start_time)
    GROUP BY origin
    UNION ALL
    SELECT
        origin,
        0,
        COUNTIF(status = 'FAIL'),
        COUNT(*),
        0,
        0,
        0,
        MAX(_timestamp)
    FROM builds
    WHERE $__timeFilter(start_time)
    GROUP BY origin
    UNION ALL
    SELECT
        origin,
        0,
        0,
        0,
        COUNTIF(status = 'FAIL'),
        COUNTIF(status IN ('ERROR', 'MISS')),
        COUNT(*),
        MAX(_timestamp)
    FROM tests
    WHERE $__timeFilter(start_time)
    GROUP BY origin
) AS sent
WHERE '*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote})
GROUP BY origin
ORDER BY origin
