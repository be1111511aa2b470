-- The results of the revision so far, from all selected CI systems.
SELECT
    COALESCE(LEAST(CASE WHEN c.invalid THEN 'FAIL'::status END, b.worst, t.worst)::text, 'none') AS "Verdict",
    b.failed AS "Builds failed",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    c.total AS "Checkouts",
    b.total AS "Builds",
    t.total AS "Tests"
FROM (
    SELECT
        count(*) AS total,
        bool_or(NOT valid) AS invalid
    FROM checkouts
    WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
        AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
) AS c
CROSS JOIN (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE builds.status = 'FAIL') AS failed,
        min(builds.status) AS worst
    FROM checkouts
    JOIN builds ON builds.checkout_id = checkouts.id
    WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
        AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
) AS b
CROSS JOIN (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE tests.status = 'FAIL') AS failed,
        count(*) FILTER (WHERE tests.status IN ('ERROR', 'MISS')) AS broken,
        min(tests.status) AS worst
    FROM checkouts
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
        AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
        AND (${path:sqlstring} = '' OR tests.path = ${path:sqlstring} OR starts_with(tests.path, ${path:sqlstring} || '.'))
) AS t
WHERE c.total > 0
