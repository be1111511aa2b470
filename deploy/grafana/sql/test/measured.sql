-- The values that the same runs measured, in the order of time.
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
)
SELECT
    to_char(tests.start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS "Started",
    tests.number_value AS "Measured",
    tests.id AS test_id
FROM this
JOIN tests ON tests.path = this.path
    AND tests.start_time BETWEEN this.start_time - interval '30 days' AND this.start_time + interval '30 days'
    AND COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) IS NOT DISTINCT FROM this.platform
JOIN builds ON builds.id = tests.build_id
    AND builds.architecture IS NOT DISTINCT FROM this.architecture
    AND builds.config_name IS NOT DISTINCT FROM this.config_name
WHERE tests.number_value IS NOT NULL
ORDER BY tests.start_time
LIMIT 300
