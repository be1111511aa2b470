-- The branches of the repository, each with the results of its latest revision so far.
WITH revisions AS (
    SELECT
        git_repository_branch AS branch,
        git_commit_hash,
        patchset_hash,
        min(start_time) AS started,
        first(git_commit_name ORDER BY start_time) AS name,
        string_agg(DISTINCT tree_name, ', ' ORDER BY tree_name) AS trees,
        string_agg(DISTINCT origin, ', ' ORDER BY origin) AS origins,
        bool_or(NOT valid) AS invalid
    FROM checkouts
    WHERE git_repository_url = ${repository:sqlstring}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_repository_branch, git_commit_hash, patchset_hash
),
latest AS (
    SELECT DISTINCT ON (branch)
        *,
        count(*) OVER (PARTITION BY branch) AS revisions
    FROM revisions
    ORDER BY branch, started DESC
)
SELECT
    LEAST(CASE WHEN latest.invalid THEN 'FAIL'::status END, b.worst, t.worst)::text AS "Verdict",
    latest.branch AS "Branch",
    COALESCE(latest.name, left(latest.git_commit_hash, 12))
        || CASE WHEN latest.patchset_hash <> '' THEN ' + patches' ELSE '' END AS "Latest revision",
    latest.started AS "Checked out",
    latest.revisions AS "Revisions",
    latest.trees AS "Trees",
    latest.origins AS "Origins",
    b.failed AS "Builds failed",
    b.total AS "Builds",
    t.failed AS "Tests failed",
    t.broken AS "Tests broken",
    t.total AS "Tests",
    latest.git_commit_hash,
    latest.patchset_hash
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
) AS t
ORDER BY latest.started DESC
