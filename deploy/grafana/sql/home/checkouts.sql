-- The latest checkouts, with their results so far.
WITH latest AS (
    SELECT *
    FROM checkouts
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
    ORDER BY start_time DESC
    LIMIT 30
)
SELECT
    LEAST(CASE WHEN NOT latest.valid THEN 'FAIL'::status END, b.worst, t.worst)::text AS "Verdict",
    latest.start_time AS "Started",
    latest.id AS "Checkout",
    latest.tree_name AS "Tree",
    latest.git_repository_branch AS "Branch",
    COALESCE(latest.git_commit_name, left(latest.git_commit_hash, 12)) AS "Revision",
    b.failed AS "Builds failed",
    b.total AS "Builds",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    t.total AS "Tests",
    latest.git_repository_url AS repository,
    latest.git_commit_hash,
    latest.patchset_hash
FROM latest
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed,
        min(status) AS worst
    FROM builds
    WHERE builds.checkout_id = latest.id
) AS b
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE tests.status = 'FAIL') AS failed,
        count(*) FILTER (WHERE tests.status IN ('ERROR', 'MISS')) AS broken,
        min(tests.status) AS worst
    FROM builds
    JOIN tests ON tests.build_id = builds.id
    WHERE builds.checkout_id = latest.id
) AS t
ORDER BY latest.start_time DESC
