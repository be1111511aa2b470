-- The result of this run, and of runs of the same test on the same architecture, configuration and platform within 30 days.
WITH this AS (
    SELECT
        tests.id,
        tests.path,
        COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) AS platform,
        COALESCE(tests.start_time, tests._timestamp) AS start_time,
        builds.architecture,
        builds.config_name
    FROM tests
    LEFT JOIN builds ON builds.id = tests.build_id
    WHERE tests.id = ${id:sqlstring}
),
same AS (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE tests.status = 'FAIL') AS failed,
        count(*) FILTER (WHERE tests.status = 'PASS') AS passed
    FROM this
    JOIN tests ON tests.path = this.path
        AND tests.start_time BETWEEN this.start_time - interval '30 days' AND this.start_time + interval '30 days'
        AND COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) IS NOT DISTINCT FROM this.platform
    JOIN builds ON builds.id = tests.build_id
        AND builds.architecture IS NOT DISTINCT FROM this.architecture
        AND builds.config_name IS NOT DISTINCT FROM this.config_name
)
SELECT
    COALESCE(tests.status::text, 'none') AS "Test",
    COALESCE(builds.status::text, 'none') AS "Build",
    same.failed AS "Similar runs failed",
    same.passed AS "Similar runs passed",
    same.total AS "Similar runs",
    tests.duration AS "Duration",
    tests.number_value AS "Measured"
FROM tests
LEFT JOIN builds ON builds.id = tests.build_id
CROSS JOIN same
WHERE tests.id = ${id:sqlstring}
