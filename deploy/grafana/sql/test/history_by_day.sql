-- The results of the same test day by day, on the same architecture, configuration and platform.
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
    to_char(tests.start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "Day",
    count(*) FILTER (WHERE tests.status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE tests.status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE tests.status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE tests.status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE tests.status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE tests.status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE tests.status IS NULL) AS "no status"
FROM this
JOIN tests ON tests.path = this.path
    AND tests.start_time BETWEEN this.start_time - interval '30 days' AND this.start_time + interval '30 days'
    AND COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) IS NOT DISTINCT FROM this.platform
JOIN builds ON builds.id = tests.build_id
    AND builds.architecture IS NOT DISTINCT FROM this.architecture
    AND builds.config_name IS NOT DISTINCT FROM this.config_name
GROUP BY 1
ORDER BY 1
