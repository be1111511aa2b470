-- The results of the same test day by day, on the same architecture, configuration and platform.
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
    FORMAT_TIMESTAMP('%F', tests.start_time) AS `Day`,
    COUNTIF(tests.status = 'FAIL') AS `FAIL`,
    COUNTIF(tests.status = 'ERROR') AS `ERROR`,
    COUNTIF(tests.status = 'MISS') AS `MISS`,
    COUNTIF(tests.status = 'PASS') AS `PASS`,
    COUNTIF(tests.status = 'DONE') AS `DONE`,
    COUNTIF(tests.status = 'SKIP') AS `SKIP`,
    COUNTIF(tests.status IS NULL) AS `no status`
FROM this
JOIN tests ON tests.path = this.path
    AND tests.start_time BETWEEN TIMESTAMP_SUB(this.start_time, INTERVAL 30 DAY) AND TIMESTAMP_ADD(this.start_time, INTERVAL 30 DAY)
    AND COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) IS NOT DISTINCT FROM this.platform
JOIN builds ON builds.id = tests.build_id
    AND builds.architecture IS NOT DISTINCT FROM this.architecture
    AND builds.config_name IS NOT DISTINCT FROM this.config_name
GROUP BY 1
ORDER BY 1
