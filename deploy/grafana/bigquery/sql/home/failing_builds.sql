-- The latest builds that failed or could not be run, with the known reasons.
WITH known AS (
    SELECT
        incidents.build_id,
        STRING_AGG(DISTINCT COALESCE(issues.report_subject, issues.comment, incidents.issue_id), '; ') AS issues
    FROM incidents
    LEFT JOIN issues ON issues.id = incidents.issue_id AND issues.version = incidents.issue_version
    WHERE incidents.present AND incidents.build_id IS NOT NULL
    GROUP BY 1
)
SELECT
    builds.status AS `Status`,
    builds.start_time AS `Started`,
    builds.architecture AS `Architecture`,
    builds.config_name AS `Configuration`,
    builds.compiler AS `Compiler`,
    COALESCE(checkouts.git_commit_name, LEFT(checkouts.git_commit_hash, 12)) AS `Revision`,
    checkouts.git_repository_branch AS `Branch`,
    builds.origin AS `Origin`,
    known.issues AS `Known issue`,
    builds.id AS build_id,
    checkouts.git_repository_url AS repository,
    checkouts.git_commit_hash,
    checkouts.patchset_hash
FROM builds
LEFT JOIN checkouts ON checkouts.id = builds.checkout_id
LEFT JOIN known ON known.build_id = builds.id
WHERE $__timeFilter(builds.start_time)
    AND ('*' IN (${origin:singlequote}) OR builds.origin IN (${origin:singlequote}))
    AND builds.status IN ('FAIL', 'ERROR')
ORDER BY builds.start_time DESC
LIMIT 100
