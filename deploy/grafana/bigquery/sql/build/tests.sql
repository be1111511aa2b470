-- The tests of the build, the worst first.
WITH known AS (
    SELECT
        incidents.test_id,
        STRING_AGG(DISTINCT COALESCE(issues.report_subject, issues.comment, incidents.issue_id), '; ') AS issues
    FROM incidents
    LEFT JOIN issues ON issues.id = incidents.issue_id AND issues.version = incidents.issue_version
    WHERE incidents.present AND incidents.test_id IS NOT NULL
    GROUP BY 1
)
SELECT
    tests.status AS `Status`,
    tests.path AS `Test`,
    COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) AS `Platform`,
    tests.origin AS `Origin`,
    tests.start_time AS `Started`,
    tests.duration AS `Duration`,
    known.issues AS `Known issue`,
    tests.id AS test_id
FROM tests
LEFT JOIN known ON known.test_id = tests.id
WHERE tests.build_id = ${id:singlequote}
ORDER BY STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status) NULLS LAST, tests.path, tests.start_time, tests.id
LIMIT 500
