-- The build, checkout, revision and branch that was tested.
SELECT
    checkouts.git_repository_url AS `Repository`,
    checkouts.git_repository_branch AS `Branch`,
    COALESCE(checkouts.git_commit_name, LEFT(checkouts.git_commit_hash, 12))
        || CASE WHEN checkouts.patchset_hash <> '' THEN ' + patches' ELSE '' END AS `Revision`,
    builds.checkout_id AS `Checkout`,
    tests.build_id AS `Build`,
    tests.path AS `Test`,
    checkouts.git_commit_hash,
    checkouts.patchset_hash
FROM tests
LEFT JOIN builds ON builds.id = tests.build_id
LEFT JOIN checkouts ON checkouts.id = builds.checkout_id
WHERE tests.id = ${id:singlequote}
