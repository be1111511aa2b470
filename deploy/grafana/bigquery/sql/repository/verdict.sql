-- The results of the latest revisions of the repository's branches.
WITH revisions AS (
    SELECT
        git_repository_branch AS branch,
        git_commit_hash,
        patchset_hash,
        MIN(start_time) AS started
    FROM checkouts
    WHERE git_repository_url = ${repository:singlequote}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_repository_branch, git_commit_hash, patchset_hash
),
latest AS (
    SELECT *
    FROM revisions
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY branch ORDER BY started DESC) = 1
),
b AS (
    SELECT
        latest.git_commit_hash,
        latest.patchset_hash,
        COUNT(*) AS total,
        COUNTIF(builds.status = 'FAIL') AS failed,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', builds.status)) AS worst
    FROM latest
    JOIN checkouts ON checkouts.git_commit_hash = latest.git_commit_hash
        AND checkouts.patchset_hash = latest.patchset_hash
    JOIN builds ON builds.checkout_id = checkouts.id
    WHERE ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    GROUP BY 1, 2
),
t AS (
    SELECT
        latest.git_commit_hash,
        latest.patchset_hash,
        COUNT(*) AS total,
        COUNTIF(tests.status = 'FAIL') AS failed,
        COUNTIF(tests.status IN ('ERROR', 'MISS')) AS broken,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status)) AS worst
    FROM latest
    JOIN checkouts ON checkouts.git_commit_hash = latest.git_commit_hash
        AND checkouts.patchset_hash = latest.patchset_hash
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    GROUP BY 1, 2
)
SELECT
    COUNTIF(b.failed > 0 OR t.failed > 0) AS `Branches failing`,
    COUNT(*) AS `Branches`,
    IFNULL(SUM(b.failed), 0) AS `Builds failed`,
    IFNULL(SUM(b.total), 0) AS `Builds`,
    IFNULL(SUM(t.failed), 0) AS `Tests failed`,
    IFNULL(SUM(t.broken), 0) AS `Tests broken`,
    IFNULL(SUM(t.total), 0) AS `Tests`
FROM latest
LEFT JOIN b ON b.git_commit_hash = latest.git_commit_hash AND b.patchset_hash = latest.patchset_hash
LEFT JOIN t ON t.git_commit_hash = latest.git_commit_hash AND t.patchset_hash = latest.patchset_hash
HAVING COUNT(*) > 0
