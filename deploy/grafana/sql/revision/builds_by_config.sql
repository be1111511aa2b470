-- The results of the revision's builds by configuration, the worst first.
SELECT
    min(builds.status)::text AS "Worst",
    builds.architecture AS "Architecture",
    builds.config_name AS "Configuration",
    string_agg(DISTINCT builds.compiler, ', ' ORDER BY builds.compiler) AS "Compilers",
    count(*) FILTER (WHERE builds.status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE builds.status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE builds.status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE builds.status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE builds.status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE builds.status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE builds.status IS NULL) AS "no status"
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
GROUP BY builds.architecture, builds.config_name
ORDER BY min(builds.status), builds.architecture, builds.config_name
LIMIT 500
