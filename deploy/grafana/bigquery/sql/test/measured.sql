-- The values that the same runs measured, in the order of time.
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
)
SELECT
    FORMAT_TIMESTAMP('%F %H:%M', tests.start_time) AS `Started`,
    tests.number_value AS `Measured`,
    tests.id AS test_id
FROM this
JOIN tests ON tests.path = this.path
    AND tests.start_time BETWEEN TIMESTAMP_SUB(this.start_time, INTERVAL 30 DAY) AND TIMESTAMP_ADD(this.start_time, INTERVAL 30 DAY)
    AND COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) IS NOT DISTINCT FROM this.platform
JOIN builds ON builds.id = tests.build_id
    AND builds.architecture IS NOT DISTINCT FROM this.architecture
    AND builds.config_name IS NOT DISTINCT FROM this.config_name
WHERE tests.number_value IS NOT NULL
ORDER BY tests.start_time
LIMIT 300
