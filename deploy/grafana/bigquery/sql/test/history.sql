-- The same test on the same architecture, configuration and platform, 30 days before and after: when did it begin to fail?
WITH this AS (
    SELECT
        tests.id,
        tests.path,
        COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) AS platform,
        COALESCE(tests.start_time, tests._timestamp) AS start_time,
        builds.architecture,
        builds.config_name
    FROM tests
    LEFT JOIN builds ON builds.id = tests.build_id
    WHERE tests.id = ${id:singlequote}
)
SELECT
    tests.status AS `Status`,
    tests.start_time AS `Started`,
    COALESCE(checkouts.git_commit_name, LEFT(checkouts.git_commit_hash, 12))
        || CASE WHEN checkouts.patchset_hash <> '' THEN ' + patches' ELSE '' END AS `Revision`,
    checkouts.git_repository_branch AS `Branch`,
    builds.compiler AS `Compiler`,
    tests.duration AS `Duration`,
    tests.number_value AS `Measured`,
    tests.origin AS `Origin`,
    tests.id || CASE WHEN tests.id = this.id THEN ' (this one)' ELSE '' END AS `Run`,
    tests.id AS test_id,
    checkouts.git_repository_url AS repository,
    checkouts.git_commit_hash,
    checkouts.patchset_hash
FROM this
JOIN tests ON tests.path = this.path
    AND tests.start_time BETWEEN TIMESTAMP_SUB(this.start_time, INTERVAL 30 DAY) AND TIMESTAMP_ADD(this.start_time, INTERVAL 30 DAY)
    AND COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) IS NOT DISTINCT FROM this.platform
JOIN builds ON builds.id = tests.build_id
    AND builds.architecture IS NOT DISTINCT FROM this.architecture
    AND builds.config_name IS NOT DISTINCT FROM this.config_name
LEFT JOIN checkouts ON checkouts.id = builds.checkout_id
ORDER BY tests.start_time DESC
LIMIT 300
