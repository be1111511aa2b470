-- The latest checkouts, with their results so far.
WITH latest AS (
    SELECT *
    FROM checkouts
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
    ORDER BY start_time DESC
    LIMIT 30
),
b AS (
    SELECT
        builds.checkout_id,
        COUNT(*) AS total,
        COUNTIF(builds.status = 'FAIL') AS failed,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', builds.status)) AS worst
    FROM latest
    JOIN builds ON builds.checkout_id = latest.id
    GROUP BY 1
),
t AS (
    SELECT
        builds.checkout_id,
        COUNT(*) AS total,
        COUNTIF(tests.status = 'FAIL') AS failed,
        COUNTIF(tests.status IN ('ERROR', 'MISS')) AS broken,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status)) AS worst
    FROM latest
    JOIN builds ON builds.checkout_id = latest.id
    JOIN tests ON tests.build_id = builds.id
    GROUP BY 1
)
SELECT
    REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', LEAST(IF(NOT latest.valid, 1, 99), IFNULL(b.worst, 99), IFNULL(t.worst, 99))), '^[A-Z]+') AS `Verdict`,
    latest.start_time AS `Started`,
    latest.id AS `Checkout`,
    latest.tree_name AS `Tree`,
    latest.git_repository_branch AS `Branch`,
    COALESCE(latest.git_commit_name, LEFT(latest.git_commit_hash, 12)) AS `Revision`,
    IFNULL(b.failed, 0) AS `Builds failed`,
    IFNULL(b.total, 0) AS `Builds`,
    IFNULL(t.failed, 0) AS `Tests failed`,
    IFNULL(t.broken, 0) AS `Tests broken`,
    IFNULL(t.total, 0) AS `Tests`,
    latest.git_repository_url AS repository,
    latest.git_commit_hash,
    latest.patchset_hash
FROM latest
LEFT JOIN b ON b.checkout_id = latest.id
LEFT JOIN t ON t.checkout_id = latest.id
ORDER BY latest.start_time DESC
