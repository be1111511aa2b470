-- The tests that failed, by path, with the most failures first.
SELECT
    tests.path AS "Test",
    count(*) FILTER (WHERE tests.status = 'FAIL') AS "Failed",
    count(*) AS "Runs",
    count(*) FILTER (WHERE tests.status = 'FAIL')::float8 / count(*) AS "Share",
    string_agg(DISTINCT builds.architecture, ', ' ORDER BY builds.architecture)
        FILTER (WHERE tests.status = 'FAIL') AS "Architectures failing",
    string_agg(DISTINCT COALESCE(tests.environment_misc->>'platform', tests.environment_compatible[1]), ', ')
        FILTER (WHERE tests.status = 'FAIL') AS "Platforms failing",
    string_agg(DISTINCT tests.origin, ', ' ORDER BY tests.origin)
        FILTER (WHERE tests.status = 'FAIL') AS "Origins"
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:sqlstring}
    AND checkouts.patchset_hash = ${patchset_hash:sqlstring}
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
    AND ('*' IN (${architecture:sqlstring}) OR builds.architecture IN (${architecture:sqlstring}))
    AND ('*' IN (${config:sqlstring}) OR builds.config_name IN (${config:sqlstring}))
    AND (${path:sqlstring} = '' OR tests.path = ${path:sqlstring} OR starts_with(tests.path, ${path:sqlstring} || '.'))
    AND tests.path IS NOT NULL
GROUP BY tests.path
HAVING count(*) FILTER (WHERE tests.status = 'FAIL') > 0
ORDER BY "Failed" DESC, "Test"
LIMIT 200
