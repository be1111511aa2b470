-- The tests of the checkout that failed, could not be run or never arrived, the worst first.
SELECT
    tests.status::text AS "Status",
    tests.path AS "Test",
    builds.architecture AS "Architecture",
    builds.config_name AS "Configuration",
    builds.compiler AS "Compiler",
    COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) AS "Platform",
    tests.origin AS "Origin",
    tests.start_time AS "Started",
    (
        SELECT string_agg(DISTINCT COALESCE(issues.report_subject, issues.comment, incidents.issue_id), '; ')
        FROM incidents
        LEFT JOIN issues ON issues.id = incidents.issue_id AND issues.version = incidents.issue_version
        WHERE incidents.test_id = tests.id AND incidents.present
    ) AS "Known issue",
    tests.id AS test_id,
    builds.id AS build_id
FROM builds
JOIN tests ON tests.build_id = builds.id
WHERE builds.checkout_id = ${id:sqlstring}
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
    AND tests.status IN ('FAIL', 'ERROR', 'MISS')
ORDER BY tests.status, tests.path, builds.architecture, builds.config_name, tests.id
LIMIT 300
