-- The repositories checked out in the period, the busiest first.
SELECT
    checkouts.git_repository_url AS "Repository",
    string_agg(DISTINCT checkouts.tree_name, ', ' ORDER BY checkouts.tree_name) AS "Trees",
    count(DISTINCT checkouts.git_repository_branch) AS "Branches",
    count(DISTINCT (checkouts.git_commit_hash, checkouts.patchset_hash)) AS "Revisions",
    sum(b.failed)::bigint AS "Builds failed",
    sum(b.total)::bigint AS "Builds",
    max(checkouts.start_time) AS "Last checked out"
FROM checkouts
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed
    FROM builds
    WHERE builds.checkout_id = checkouts.id
) AS b
WHERE $__timeFilter(checkouts.start_time)
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
    AND checkouts.git_repository_url IS NOT NULL
GROUP BY checkouts.git_repository_url
ORDER BY "Revisions" DESC, "Repository"
LIMIT 100
