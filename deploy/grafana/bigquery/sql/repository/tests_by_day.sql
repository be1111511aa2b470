-- The results of the tests of the repository, by the day of their checkout.
SELECT
    TIMESTAMP_TRUNC(checkouts.start_time, DAY) AS `time`,
    COUNTIF(tests.status = 'FAIL') AS `FAIL`,
    COUNTIF(tests.status = 'ERROR') AS `ERROR`,
    COUNTIF(tests.status = 'MISS') AS `MISS`,
    COUNTIF(tests.status = 'PASS') AS `PASS`,
    COUNTIF(tests.status = 'DONE') AS `DONE`,
    COUNTIF(tests.status = 'SKIP') AS `SKIP`,
    COUNTIF(tests.status IS NULL) AS `no status`
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
JOIN tests ON tests.build_id = builds.id
WHERE checkouts.git_repository_url = ${repository:singlequote}
    AND $__timeFilter(checkouts.start_time)
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
GROUP BY 1
ORDER BY 1
