-- The results of the tests of the repository, by the day of their checkout.
SELECT
    $__timeGroup(checkouts.start_time, '1d') AS "time",
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
WHERE checkouts.git_repository_url = ${repository:sqlstring}
    AND $__timeFilter(checkouts.start_time)
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
GROUP BY 1
ORDER BY 1
