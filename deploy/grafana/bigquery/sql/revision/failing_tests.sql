-- The runs that failed, could not be run or never arrived, the worst first.
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
    builds.architecture AS `Architecture`,
    builds.config_name AS `Configuration`,
    builds.compiler AS `Compiler`,
    COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) AS `Platform`,
    tests.origin AS `Origin`,
    tests.start_time AS `Started`,
    known.issues AS `Known issue`,
    tests.id AS test_id,
    builds.id AS build_id
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
LEFT JOIN known ON known.test_id = tests.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    AND (${path:singlequote} = '' OR tests.path = ${path:singlequote} OR STARTS_WITH(tests.path, ${path:singlequote} || '.'))
    AND tests.status IN ('FAIL', 'ERROR', 'MISS')
ORDER BY STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status), tests.path, builds.architecture, builds.config_name, tests.id
LIMIT 300
