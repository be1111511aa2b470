-- The branches of the repository, each with the results of its latest revision so far.
WITH revisions AS (
    SELECT
        git_repository_branch AS branch,
        git_commit_hash,
        patchset_hash,
        MIN(start_time) AS started,
        ARRAY_AGG(git_commit_name IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS name,
        STRING_AGG(DISTINCT tree_name, ', ' ORDER BY tree_name) AS trees,
        STRING_AGG(DISTINCT origin, ', ' ORDER BY origin) AS origins,
        LOGICAL_OR(NOT valid) AS invalid
    FROM checkouts
    WHERE git_repository_url = ${repository:singlequote}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_repository_branch, git_commit_hash, patchset_hash
),
latest AS (
    SELECT
        *,
        COUNT(*) OVER (PARTITION BY branch) AS revisions
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
    REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', LEAST(IF(latest.invalid, 1, 99), IFNULL(b.worst, 99), IFNULL(t.worst, 99))), '^[A-Z]+') AS `Verdict`,
    latest.branch AS `Branch`,
    COALESCE(latest.name, LEFT(latest.git_commit_hash, 12)) || IF(latest.patchset_hash <> '', ' + patches', '') AS `Latest revision`,
    latest.started AS `Checked out`,
    latest.revisions AS `Revisions`,
    latest.trees AS `Trees`,
    latest.origins AS `Origins`,
    IFNULL(b.failed, 0) AS `Builds failed`,
    IFNULL(b.total, 0) AS `Builds`,
    IFNULL(t.failed, 0) AS `Tests failed`,
    IFNULL(t.broken, 0) AS `Tests broken`,
    IFNULL(t.total, 0) AS `Tests`,
    latest.git_commit_hash,
    latest.patchset_hash
FROM latest
LEFT JOIN b ON b.git_commit_hash = latest.git_commit_hash AND b.patchset_hash = latest.patchset_hash
LEFT JOIN t ON t.git_commit_hash = latest.git_commit_hash AND t.patchset_hash = latest.patchset_hash
ORDER BY latest.started DESC
