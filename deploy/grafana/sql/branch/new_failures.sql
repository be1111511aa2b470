-- Tests that fail in the latest of five revisions they ran on, and passed in the revision before: the newest regressions.
WITH revisions AS (
    SELECT
        git_commit_hash,
        patchset_hash,
        min(start_time) AS started,
        first(git_commit_name ORDER BY start_time) AS name
    FROM checkouts
    WHERE git_repository_url = ${repository:sqlstring}
        AND git_repository_branch = ${branch:sqlstring}
        AND $__timeFilter(start_time)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
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
        COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]) AS platform,
        revisions.started,
        COALESCE(revisions.name, left(revisions.git_commit_hash, 12)) AS revision,
        revisions.git_commit_hash,
        revisions.patchset_hash,
        min(tests.status) AS worst,
        last(tests.id ORDER BY tests.status DESC, tests.start_time) AS test_id
    FROM revisions
    JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
        AND checkouts.patchset_hash = revisions.patchset_hash
        AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
    JOIN builds ON builds.checkout_id = checkouts.id
    JOIN tests ON tests.build_id = builds.id
    WHERE tests.status IN ('FAIL', 'PASS')
        AND tests.path IS NOT NULL
        AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
        AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
),
changes AS (
    SELECT
        *,
        lag(worst) OVER variant AS worst_before,
        lag(revision) OVER variant AS revision_before,
        lead(worst) OVER variant AS worst_after
    FROM results
    WINDOW variant AS (
        PARTITION BY path, architecture, config_name, compiler, platform
        ORDER BY started
    )
)
SELECT
    worst::text AS "Status",
    path AS "Test",
    architecture AS "Architecture",
    config_name AS "Configuration",
    compiler AS "Compiler",
    platform AS "Platform",
    revision AS "Fails in",
    revision_before AS "Passed in",
    test_id,
    git_commit_hash,
    patchset_hash
FROM changes
WHERE worst = 'FAIL' AND worst_before = 'PASS' AND worst_after IS NULL
ORDER BY started DESC, path, architecture, config_name, platform
LIMIT 200
