-- The repositories checked out in the period, the busiest first.
WITH this AS (
    SELECT *
    FROM checkouts
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_repository_url IS NOT NULL
),
b AS (
    SELECT
        builds.checkout_id,
        COUNT(*) AS total,
        COUNTIF(builds.status = 'FAIL') AS failed
    FROM this
    JOIN builds ON builds.checkout_id = this.id
    GROUP BY 1
)
SELECT
    this.git_repository_url AS `Repository`,
    STRING_AGG(DISTINCT this.tree_name, ', ' ORDER BY this.tree_name) AS `Trees`,
    COUNT(DISTINCT this.git_repository_branch) AS `Branches`,
    COUNT(DISTINCT this.git_commit_hash || ' ' || this.patchset_hash) AS `Revisions`,
    IFNULL(SUM(b.failed), 0) AS `Builds failed`,
    IFNULL(SUM(b.total), 0) AS `Builds`,
    MAX(this.start_time) AS `Last checked out`
FROM this
LEFT JOIN b ON b.checkout_id = this.id
GROUP BY this.git_repository_url
ORDER BY `Revisions` DESC, `Repository`
LIMIT 100
