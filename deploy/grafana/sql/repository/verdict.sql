-- The results of the latest revisions of the repository's branches.
WITH revisions AS (
    SELECT
        git_repository_branch AS branch,
        git_commit_hash,
        patchset_hash,
        min(start_time) AS started
    FROM checkouts
    WHERE git_repository_url = ${repository:sqlstring}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_repository_branch, git_commit_hash, patchset_hash
),
latest AS (
    SELECT DISTINCT ON (branch) *
    FROM revisions
    ORDER BY branch, started DESC
)
SELECT
    count(*) FILTER (WHERE b.failed > 0 OR t.failed > 0) AS "Branches failing",
    count(*) AS "Branches",
    sum(b.failed)::bigint AS "Builds failed",
    sum(b.total)::bigint AS "Builds",
    sum(t.failed)::bigint AS "Tests failed",
    sum(t.broken)::bigint AS "Tests broken",
    sum(t.total)::bigint AS "Tests"
FROM latest
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE builds.status = 'FAIL') AS failed
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
        count(*) FILTER (WHERE tests.status IN ('ERROR', 'MISS')) AS broken
    FROM checkouts
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE checkouts.git_commit_hash = latest.git_commit_hash
        AND checkouts.patchset_hash = latest.patchset_hash
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
) AS t
HAVING count(*) > 0
