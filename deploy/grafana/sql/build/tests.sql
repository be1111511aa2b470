-- The tests of the build, the worst first.
SELECT
    tests.status::text AS "Status",
    tests.path AS "Test",
    COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) AS "Platform",
    tests.origin AS "Origin",
    tests.start_time AS "Started",
    tests.duration AS "Duration",
    (
        SELECT string_agg(DISTINCT COALESCE(issues.report_subject, issues.comment, incidents.issue_id), '; ')
        FROM incidents
        LEFT JOIN issues ON issues.id = incidents.issue_id AND issues.version = incidents.issue_version
        WHERE incidents.test_id = tests.id AND incidents.present
    ) AS "Known issue",
    tests.id AS test_id
FROM tests
WHERE tests.build_id = ${id:sqlstring}
ORDER BY tests.status, tests.path, tests.start_time, tests.id
LIMIT 500
