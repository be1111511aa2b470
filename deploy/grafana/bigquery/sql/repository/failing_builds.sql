-- The repository's builds that failed or could not be run, the latest first.
SELECT
    builds.status AS `Status`,
    builds.start_time AS `Started`,
    builds.architecture AS `Architecture`,
    builds.config_name AS `Configuration`,
    builds.compiler AS `Compiler`,
    COALESCE(checkouts.git_commit_name, LEFT(checkouts.git_commit_hash, 12)) AS `Revision`,
    checkouts.git_repository_branch AS `Branch`,
    builds.origin AS `Origin`,
    builds.id AS build_id,
    checkouts.git_commit_hash,
    checkouts.patchset_hash
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_repository_url = ${repository:singlequote}
    AND $__timeFilter(checkouts.start_time)
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    AND builds.status IN ('FAIL', 'ERROR')
ORDER BY builds.start_time DESC NULLS LAST
LIMIT 100
