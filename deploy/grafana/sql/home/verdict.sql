-- The number of tested objects in the period, and how many of them failed.
SELECT
    b.failed AS "Builds failed",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    c.revisions AS "Revisions",
    c.total AS "Checkouts",
    b.total AS "Builds",
    t.total AS "Tests"
FROM (
    SELECT
        count(*) AS total,
        count(DISTINCT (git_commit_hash, patchset_hash)) AS revisions
    FROM checkouts
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
) AS c
CROSS JOIN (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed
    FROM builds
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
) AS b
CROSS JOIN (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed,
        count(*) FILTER (WHERE status IN ('ERROR', 'MISS')) AS broken
    FROM tests
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
) AS t
