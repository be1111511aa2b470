-- Tests that fail in the latest of five revisions they ran on, and passed in the revision before: the newest regressions.
WITH revisions AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        MIN(start_time) AS started,
        ARRAY_AGG(git_commit_name IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS name
    FROM checkouts
    WHERE git_repository_url = ${repository:singlequote}
        AND git_repository_branch = ${branch:singlequote}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND git_commit_hash IS NOT NULL
    GROUP BY git_commit_hash, patchset_hash
    ORDER BY started DESC
    LIMIT 5
),
results AS (
    SELECT
        tests.path,
        builds.architecture,
        builds.config_name,
        builds.compiler,
        COALESCE(JSON_VALUE(tests.environment_misc, '$.platform'), tests.environment_compatible[SAFE_OFFSET(0)]) AS platform,
        revisions.started,
        COALESCE(revisions.name, LEFT(revisions.git_commit_hash, 12)) AS revision,
        revisions.git_commit_hash,
        revisions.patchset_hash,
        MIN(tests.status) AS worst, -- FAIL is before PASS
        ARRAY_AGG(tests.id ORDER BY tests.status, tests.start_time DESC LIMIT 1)[SAFE_OFFSET(0)] AS test_id
    FROM revisions
    JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
        AND checkouts.patchset_hash = revisions.patchset_hash
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE tests.status IN ('FAIL', 'PASS')
        AND tests.path IS NOT NULL
        AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
        AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
        AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
),
changes AS (
    SELECT
        *,
        LAG(worst) OVER variant AS worst_before,
        LAG(revision) OVER variant AS revision_before,
        LEAD(worst) OVER variant AS worst_after
    FROM results
    WINDOW variant AS (
        PARTITION BY path, architecture, config_name, compiler, platform
        ORDER BY started
    )
)
SELECT
    worst AS `Status`,
    path AS `Test`,
    architecture AS `Architecture`,
    config_name AS `Configuration`,
    compiler AS `Compiler`,
    platform AS `Platform`,
    revision AS `Fails in`,
    revision_before AS `Passed in`,
    test_id,
    git_commit_hash,
    patchset_hash
FROM changes
WHERE worst = 'FAIL' AND worst_before = 'PASS' AND worst_after IS NULL
ORDER BY started DESC, path, architecture, config_name, platform
LIMIT 200
