-- The runs that failed, could not be run or never arrived, the worst first.
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
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
    AND (${path:sqlstring} = '' OR tests.path = ${path:sqlstring} OR starts_with(tests.path, ${path:sqlstring} || '.'))
    AND tests.status IN ('FAIL', 'ERROR', 'MISS')
ORDER BY tests.status, tests.path, builds.architecture, builds.config_name, tests.id
LIMIT 300
