-- The latest revisions, with their results so far.
WITH latest AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        MAX(start_time) AS started,
        ARRAY_AGG(git_commit_name IGNORE NULLS ORDER BY start_time DESC LIMIT 1)[SAFE_OFFSET(0)] AS name,
        ARRAY_AGG(git_repository_url IGNORE NULLS ORDER BY start_time DESC LIMIT 1)[SAFE_OFFSET(0)] AS repository,
        ARRAY_AGG(git_repository_branch IGNORE NULLS ORDER BY start_time DESC LIMIT 1)[SAFE_OFFSET(0)] AS branch,
        STRING_AGG(DISTINCT origin, ', ' ORDER BY origin) AS origins,
        LOGICAL_OR(NOT valid) AS invalid
    FROM checkouts
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_commit_hash, patchset_hash
    ORDER BY started DESC
    LIMIT 30
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
    latest.started AS `Checked out`,
    COALESCE(latest.name, LEFT(latest.git_commit_hash, 12)) || IF(latest.patchset_hash <> '', ' + patches', '') AS `Revision`,
    latest.repository AS `Repository`,
    latest.branch AS `Branch`,
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
