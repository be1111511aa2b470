-- The checkout, revision and branch of the build.
SELECT
    checkouts.git_repository_url AS `Repository`,
    checkouts.git_repository_branch AS `Branch`,
    COALESCE(checkouts.git_commit_name, LEFT(checkouts.git_commit_hash, 12))
        || CASE WHEN checkouts.patchset_hash <> '' THEN ' + patches' ELSE '' END AS `Revision`,
    builds.checkout_id AS `Checkout`,
    builds.id AS `Build`,
    checkouts.git_commit_hash,
    checkouts.patchset_hash
FROM builds
LEFT JOIN checkouts ON checkouts.id = builds.checkout_id
WHERE builds.id = ${id:singlequote}
