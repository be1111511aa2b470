-- The revisions of the branch, the latest first, with their results so far.
WITH revisions AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        MIN(start_time) AS started,
        ARRAY_AGG(git_commit_name IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS name,
        STRING_AGG(DISTINCT origin, ', ' ORDER BY origin) AS origins,
        LOGICAL_OR(NOT valid) AS invalid
    FROM checkouts
    WHERE git_repository_url = ${repository:singlequote}
        AND git_repository_branch = ${branch:singlequote}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_commit_hash, patchset_hash
    ORDER BY started DESC
    LIMIT 50
),
b AS (
    SELECT
        revisions.git_commit_hash,
        revisions.patchset_hash,
        COUNT(*) AS total,
        COUNTIF(builds.status = 'FAIL') AS failed,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', builds.status)) AS worst
    FROM revisions
    JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
        AND checkouts.patchset_hash = revisions.patchset_hash
    JOIN builds ON builds.checkout_id = checkouts.id
    WHERE ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
        AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
        AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    GROUP BY 1, 2
),
t AS (
    SELECT
        revisions.git_commit_hash,
        revisions.patchset_hash,
        COUNT(*) AS total,
        COUNTIF(tests.status = 'FAIL') AS failed,
        COUNTIF(tests.status IN ('ERROR', 'MISS')) AS broken,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status)) AS worst
    FROM revisions
    JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
        AND checkouts.patchset_hash = revisions.patchset_hash
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
        AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
        AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    GROUP BY 1, 2
)
SELECT
    REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', LEAST(IF(revisions.invalid, 1, 99), IFNULL(b.worst, 99), IFNULL(t.worst, 99))), '^[A-Z]+') AS `Verdict`,
    revisions.started AS `Checked out`,
    COALESCE(revisions.name, LEFT(revisions.git_commit_hash, 12)) || IF(revisions.patchset_hash <> '', ' + patches', '') AS `Revision`,
    revisions.origins AS `Origins`,
    IFNULL(b.failed, 0) AS `Builds failed`,
    IFNULL(b.total, 0) AS `Builds`,
    IFNULL(t.failed, 0) AS `Tests failed`,
    IFNULL(t.broken, 0) AS `Tests broken`,
    IFNULL(t.total, 0) AS `Tests`,
    revisions.git_commit_hash,
    revisions.patchset_hash
FROM revisions
LEFT JOIN b ON b.git_commit_hash = revisions.git_commit_hash AND b.patchset_hash = revisions.patchset_hash
LEFT JOIN t ON t.git_commit_hash = revisions.git_commit_hash AND t.patchset_hash = revisions.patchset_hash
ORDER BY revisions.started DESC
