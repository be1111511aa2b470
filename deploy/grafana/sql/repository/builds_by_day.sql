-- The results of the builds of the repository, by the day of their checkout.
SELECT
    $__timeGroup(checkouts.start_time, '1d') AS "time",
    count(*) FILTER (WHERE builds.status = 'FAIL') AS "FAIL",
    count(*) FILTER (WHERE builds.status = 'ERROR') AS "ERROR",
    count(*) FILTER (WHERE builds.status = 'MISS') AS "MISS",
    count(*) FILTER (WHERE builds.status = 'PASS') AS "PASS",
    count(*) FILTER (WHERE builds.status = 'DONE') AS "DONE",
    count(*) FILTER (WHERE builds.status = 'SKIP') AS "SKIP",
    count(*) FILTER (WHERE builds.status IS NULL) AS "no status"
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_repository_url = ${repository:sqlstring}
    AND $__timeFilter(checkouts.start_time)
    AND ('*' IN (${origin:sqlstring}) OR checkouts.origin IN (${origin:sqlstring}))
GROUP BY 1
ORDER BY 1
