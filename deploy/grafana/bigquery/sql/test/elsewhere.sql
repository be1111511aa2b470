-- The same test on the same revision, on other machines and builds: does it fail only here?
WITH this AS (
    SELECT
        tests.id,
        tests.path,
        checkouts.git_commit_hash,
        checkouts.patchset_hash
    FROM tests
    JOIN builds ON builds.id = tests.build_id
    JOIN checkouts ON checkouts.id = builds.checkout_id
    WHERE tests.id = ${id:singlequote}
)
SELECT
    tests.status AS `Status`,
    builds.architecture AS `Architecture`,
    builds.config_name AS `Configuration`,
    builds.compiler AS `Compiler`,
    COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) AS `Platform`,
    tests.origin AS `Origin`,
    tests.start_time AS `Started`,
    tests.id AS test_id,
    builds.id AS build_id
FROM this
JOIN checkouts ON checkouts.git_commit_hash = this.git_commit_hash
    AND checkouts.patchset_hash = this.patchset_hash
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
    AND tests.path = this.path
    AND tests.id <> this.id
ORDER BY STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status) NULLS LAST, builds.architecture, builds.config_name, tests.start_time
LIMIT 300
