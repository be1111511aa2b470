-- The results of the builds of the repository, by the day of their checkout.
SELECT
    TIMESTAMP_TRUNC(checkouts.start_time, DAY) AS `time`,
    COUNTIF(builds.status = 'FAIL') AS `FAIL`,
    COUNTIF(builds.status = 'ERROR') AS `ERROR`,
    COUNTIF(builds.status = 'MISS') AS `MISS`,
    COUNTIF(builds.status = 'PASS') AS `PASS`,
    COUNTIF(builds.status = 'DONE') AS `DONE`,
    COUNTIF(builds.status = 'SKIP') AS `SKIP`,
    COUNTIF(builds.status IS NULL) AS `no status`
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_repository_url = ${repository:singlequote}
    AND $__timeFilter(checkouts.start_time)
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
GROUP BY 1
ORDER BY 1
