-- The configurations with which the revision was built.
SELECT DISTINCT builds.config_name
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND builds.config_name IS NOT NULL
ORDER BY builds.config_name
