-- The results of the latest revision of the branch so far.
WITH latest AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        min(start_time) AS started,
        first(git_commit_name ORDER BY start_time) AS name,
        bool_or(NOT valid) AS invalid
    FROM checkouts
    WHERE git_repository_url = ${repository:sqlstring}
        AND git_repository_branch = ${branch:sqlstring}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_commit_hash, patchset_hash
    ORDER BY started DESC
    LIMIT 1
)
SELECT
    COALESCE(LEAST(CASE WHEN latest.invalid THEN 'FAIL'::status END, b.worst, t.worst)::text, 'none') AS "Verdict",
    b.failed AS "Builds failed",
    b.total AS "Builds",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    t.total AS "Tests",
    COALESCE(latest.name, left(latest.git_commit_hash, 12))
        || CASE WHEN latest.patchset_hash <> '' THEN ' + patches' ELSE '' END AS "Latest revision"
FROM latest
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE builds.status = 'FAIL') AS failed,
        min(builds.status) AS worst
    FROM checkouts
    JOIN builds ON builds.checkout_id = checkouts.id
    WHERE checkouts.git_commit_hash = latest.git_commit_hash
        AND checkouts.patchset_hash = latest.patchset_hash
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
) AS b
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE tests.status = 'FAIL') AS failed,
        count(*) FILTER (WHERE tests.status IN ('ERROR', 'MISS')) AS broken,
        min(tests.status) AS worst
    FROM checkouts
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE checkouts.git_commit_hash = latest.git_commit_hash
        AND checkouts.patchset_hash = latest.patchset_hash
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
) AS t
