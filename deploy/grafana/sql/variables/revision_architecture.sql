-- The architectures for which the revision was built.
SELECT DISTINCT builds.architecture
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND builds.architecture IS NOT NULL
ORDER BY builds.architecture
