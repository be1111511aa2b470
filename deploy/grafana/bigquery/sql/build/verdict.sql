-- The result of the build and of its tests.
WITH t AS (
    SELECT
        COUNT(*) AS total,
        COUNTIF(status = 'FAIL') AS failed,
        COUNTIF(status IN ('ERROR', 'MISS')) AS broken,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', status)) AS worst
    FROM tests
    WHERE build_id = ${id:singlequote}
)
SELECT
    COALESCE(builds.status, 'none') AS `Build`,
    COALESCE(REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', t.worst), '^[A-Z]+'), 'none') AS `Worst test`,
    t.failed AS `Tests failed`,
    t.broken AS `Tests broken`,
    t.total AS `Tests`,
    builds.duration AS `Duration`
FROM builds
CROSS JOIN t
WHERE builds.id = ${id:singlequote}
