-- The checkouts of the revision, with the results of their builds.
SELECT
    LEAST(CASE WHEN NOT checkouts.valid THEN 'FAIL'::status END, b.worst, t.worst)::text AS "Verdict",
    checkouts.start_time AS "Started",
    checkouts.id AS "Checkout",
    checkouts.origin AS "Origin",
    checkouts.tree_name AS "Tree",
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
        AND (${path:sqlstring} = '' OR tests.path = ${path:sqlstring} OR starts_with(tests.path, ${path:sqlstring} || '.'))
) AS t
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
ORDER BY checkouts.start_time
LIMIT 200
