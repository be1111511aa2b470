-- The result of this run, and of runs of the same test on the same architecture, configuration and platform within 30 days.
WITH this AS (
    SELECT
        tests.id,
        tests.path,
        COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) AS platform,
        COALESCE(tests.start_time, tests._timestamp) AS start_time,
        builds.architecture,
        builds.config_name
    FROM tests
    LEFT JOIN builds ON builds.id = tests.build_id
    WHERE tests.id = ${id:singlequote}
),
same AS (
    SELECT
        COUNT(*) AS total,
        COUNTIF(tests.status = 'FAIL') AS failed,
        COUNTIF(tests.status = 'PASS') AS passed
    FROM this
    JOIN tests ON tests.path = this.path
        AND tests.start_time BETWEEN TIMESTAMP_SUB(this.start_time, INTERVAL 30 DAY) AND TIMESTAMP_ADD(this.start_time, INTERVAL 30 DAY)
        AND COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) IS NOT DISTINCT FROM this.platform
    JOIN builds ON builds.id = tests.build_id
        AND builds.architecture IS NOT DISTINCT FROM this.architecture
        AND builds.config_name IS NOT DISTINCT FROM this.config_name
)
SELECT
    COALESCE(tests.status, 'none') AS `Test`,
    COALESCE(builds.status, 'none') AS `Build`,
    same.failed AS `Similar runs failed`,
    same.passed AS `Similar runs passed`,
    same.total AS `Similar runs`,
    tests.duration AS `Duration`,
    tests.number_value AS `Measured`
FROM tests
LEFT JOIN builds ON builds.id = tests.build_id
CROSS JOIN same
WHERE tests.id = ${id:singlequote}
