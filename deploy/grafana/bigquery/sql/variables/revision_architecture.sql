-- The architectures for which the revision was built.
SELECT DISTINCT builds.architecture
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND builds.architecture IS NOT NULL
ORDER BY builds.architecture
