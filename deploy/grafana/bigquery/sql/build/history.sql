-- The same configuration on the same branch, 30 days before and after: when did it begin to fail?
WITH this AS (
    SELECT
        builds.id,
        builds.architecture,
        builds.config_name,
        builds.compiler,
        checkouts.git_repository_url,
        checkouts.git_repository_branch,
        checkouts.start_time
    FROM builds
    JOIN checkouts ON checkouts.id = builds.checkout_id
    WHERE builds.id = ${id:singlequote}
)
SELECT
    builds.status AS `Status`,
    checkouts.start_time AS `Checked out`,
    COALESCE(checkouts.git_commit_name, LEFT(checkouts.git_commit_hash, 12))
        || CASE WHEN checkouts.patchset_hash <> '' THEN ' + patches' ELSE '' END AS `Revision`,
    builds.duration AS `Duration`,
    builds.origin AS `Origin`,
    builds.id || CASE WHEN builds.id = this.id THEN ' (this one)' ELSE '' END AS `Build`,
    builds.id AS build_id,
    checkouts.git_commit_hash,
    checkouts.patchset_hash
FROM this
JOIN checkouts ON checkouts.git_repository_url = this.git_repository_url
    AND checkouts.git_repository_branch = this.git_repository_branch
    AND checkouts.start_time BETWEEN TIMESTAMP_SUB(this.start_time, INTERVAL 30 DAY) AND TIMESTAMP_ADD(this.start_time, INTERVAL 30 DAY)
JOIN builds ON builds.checkout_id = checkouts.id
    AND builds.architecture IS NOT DISTINCT FROM this.architecture
    AND builds.config_name IS NOT DISTINCT FROM this.config_name
    AND builds.compiler IS NOT DISTINCT FROM this.compiler
ORDER BY checkouts.start_time DESC
LIMIT 200
