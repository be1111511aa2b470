-- The results of the builds of each of the latest revisions, the latest on the right.
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
    LIMIT 30
)
SELECT
    COALESCE(revisions.name, LEFT(revisions.git_commit_hash, 12))
        || CASE WHEN revisions.patchset_hash <> '' THEN ' + patches' ELSE '' END AS `Revision`,
    COUNTIF(builds.status = 'FAIL') AS `FAIL`,
    COUNTIF(builds.status = 'ERROR') AS `ERROR`,
    COUNTIF(builds.status = 'MISS') AS `MISS`,
    COUNTIF(builds.status = 'PASS') AS `PASS`,
    COUNTIF(builds.status = 'DONE') AS `DONE`,
    COUNTIF(builds.status = 'SKIP') AS `SKIP`,
    COUNTIF(builds.id IS NOT NULL AND builds.status IS NULL) AS `no status`,
    revisions.git_commit_hash,
    revisions.patchset_hash
FROM revisions
LEFT JOIN checkouts ON checkouts.git_commit_hash = revisions.git_commit_hash
    AND checkouts.patchset_hash = revisions.patchset_hash
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
LEFT JOIN builds ON builds.checkout_id = checkouts.id
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
GROUP BY revisions.git_commit_hash, revisions.patchset_hash, revisions.name, revisions.started
ORDER BY revisions.started
