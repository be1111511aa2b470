-- The results of the revision's tests by architecture.
SELECT
    COALESCE(builds.architecture, 'unknown') AS "Architecture",
    count(*) FILTER (WHERE tests.status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE tests.status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE tests.status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE tests.status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE tests.status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE tests.status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE tests.status IS NULL) AS "no status"
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
    AND (${path:sqlstring} = '' OR tests.path = ${path:sqlstring} OR starts_with(tests.path, ${path:sqlstring} || '.'))
GROUP BY 1
ORDER BY 1
