-- The configurations with which the branch was built in the period.
SELECT DISTINCT builds.config_name
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_repository_url = ${repository:singlequote}
    AND checkouts.git_repository_branch = ${branch:singlequote}
    AND $__timeFilter(checkouts.start_time)
    AND builds.config_name IS NOT NULL
ORDER BY builds.config_name
