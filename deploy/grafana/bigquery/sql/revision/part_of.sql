-- The repositories and branches on which the revision was found.
SELECT
    git_repository_url AS `Repository`,
    git_repository_branch AS `Branch`,
    STRING_AGG(DISTINCT tree_name, ', ' ORDER BY tree_name) AS `Trees`,
    STRING_AGG(DISTINCT origin, ', ' ORDER BY origin) AS `Origins`,
    MIN(start_time) AS `First checked out`
FROM checkouts
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
GROUP BY git_repository_url, git_repository_branch
ORDER BY MIN(start_time)
