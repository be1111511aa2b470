-- The results of the checkout so far.
SELECT
    COALESCE(LEAST(CASE WHEN NOT checkouts.valid THEN 'FAIL'::status END, b.worst, t.worst)::text, 'none') AS "Verdict",
    CASE WHEN checkouts.valid THEN 'PASS' WHEN NOT checkouts.valid THEN 'FAIL' ELSE 'none' END AS "Checked out",
    b.failed AS "Builds failed",
    b.total AS "Builds",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    t.total AS "Tests"
FROM checkouts
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE status = 'FAIL') AS failed,
        min(status) AS worst
    FROM builds
    WHERE builds.checkout_id = checkouts.id
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
) AS b
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE tests.status = 'FAIL') AS failed,
        count(*) FILTER (WHERE tests.status IN ('ERROR', 'MISS')) AS broken,
        min(tests.status) AS worst
    FROM builds
    JOIN tests ON tests.build_id = builds.id
    WHERE builds.checkout_id = checkouts.id
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
) AS t
WHERE checkouts.id = ${id:sqlstring}
