-- The revision and branch of the checkout.
SELECT
    git_repository_url AS `Repository`,
    git_repository_branch AS `Branch`,
    COALESCE(git_commit_name, LEFT(git_commit_hash, 12))
        || CASE WHEN patchset_hash <> '' THEN ' + patches' ELSE '' END AS `Revision`,
    id AS `Checkout`,
    git_commit_hash,
    patchset_hash
FROM checkouts
WHERE id = ${id:singlequote}
