-- The results of the revision's builds by configuration, the worst first.
SELECT
    REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', builds.status))), '^[A-Z]+') AS `Worst`,
    builds.architecture AS `Architecture`,
    builds.config_name AS `Configuration`,
    STRING_AGG(DISTINCT builds.compiler, ', ' ORDER BY builds.compiler) AS `Compilers`,
    COUNTIF(builds.status = 'FAIL') AS `FAIL`,
    COUNTIF(builds.status = 'ERROR') AS `ERROR`,
    COUNTIF(builds.status = 'MISS') AS `MISS`,
    COUNTIF(builds.status = 'PASS') AS `PASS`,
    COUNTIF(builds.status = 'DONE') AS `DONE`,
    COUNTIF(builds.status = 'SKIP') AS `SKIP`,
    COUNTIF(builds.status IS NULL) AS `no status`
FROM checkouts
JOIN builds ON builds.checkout_id = checkouts.id
WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
    AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
    AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
GROUP BY builds.architecture, builds.config_name
ORDER BY MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', builds.status)) NULLS LAST, builds.architecture, builds.config_name
LIMIT 500
