-- The repositories and branches on which the revision was found.
SELECT
    git_repository_url AS "Repository",
    git_repository_branch AS "Branch",
    string_agg(DISTINCT tree_name, ', ' ORDER BY tree_name) AS "Trees",
    string_agg(DISTINCT origin, ', ' ORDER BY origin) AS "Origins",
    min(start_time) AS "First checked out"
FROM checkouts
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
GROUP BY git_repository_url, git_repository_branch
ORDER BY min(start_time)
