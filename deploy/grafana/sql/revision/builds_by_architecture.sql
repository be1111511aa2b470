-- The results of the revision's builds by architecture.
SELECT
    COALESCE(builds.architecture, 'unknown') AS "Architecture",
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
GROUP BY 1
ORDER BY 1
