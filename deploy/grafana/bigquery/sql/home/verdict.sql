-- The number of tested objects in the period, and how many of them failed.
SELECT
    b.failed AS `Builds failed`,
    t.failed AS `Tests failed`,
    t.broken AS `Tests broken`,
    c.revisions AS `Revisions`,
    c.total AS `Checkouts`,
    b.total AS `Builds`,
    t.total AS `Tests`
FROM (
    SELECT
        COUNT(*) AS total,
        COUNT(DISTINCT git_commit_hash || ' ' || patchset_hash) AS revisions
    FROM checkouts
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
) AS c
CROSS JOIN (
    SELECT
        COUNT(*) AS total,
        COUNTIF(status = 'FAIL') AS failed
    FROM builds
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
) AS b
CROSS JOIN (
    SELECT
        COUNT(*) AS total,
        COUNTIF(status = 'FAIL') AS failed,
        COUNTIF(status IN ('ERROR', 'MISS')) AS broken
    FROM tests
    WHERE $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
) AS t
