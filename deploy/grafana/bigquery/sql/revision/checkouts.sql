-- The checkouts of the revision, with the results of their builds.
WITH this AS (
    SELECT *
    FROM checkouts
    WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
    AND checkouts.patchset_hash = ${patchset_hash:singlequote}
    AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
),
b AS (
    SELECT
        builds.checkout_id,
        COUNT(*) AS total,
        COUNTIF(builds.status = 'FAIL') AS failed,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', builds.status)) AS worst
    FROM this
    JOIN builds ON builds.checkout_id = this.id
    WHERE ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
        AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
    GROUP BY 1
),
t AS (
    SELECT
        builds.checkout_id,
        COUNT(*) AS total,
        COUNTIF(tests.status = 'FAIL') AS failed,
        COUNTIF(tests.status IN ('ERROR', 'MISS')) AS broken,
        MIN(STRPOS('FAIL ERROR MISS PASS DONE SKIP', tests.status)) AS worst
    FROM this
    JOIN builds ON builds.checkout_id = this.id
    JOIN tests ON tests.build_id = builds.id
    WHERE ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
        AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
        AND (${path:singlequote} = '' OR tests.path = ${path:singlequote} OR STARTS_WITH(tests.path, ${path:singlequote} || '.'))
    GROUP BY 1
)
SELECT
    REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', LEAST(IF(NOT this.valid, 1, 99), IFNULL(b.worst, 99), IFNULL(t.worst, 99))), '^[A-Z]+') AS `Verdict`,
    this.start_time AS `Started`,
    this.id AS `Checkout`,
    this.origin AS `Origin`,
    this.tree_name AS `Tree`,
    IFNULL(b.failed, 0) AS `Builds failed`,
    IFNULL(b.total, 0) AS `Builds`,
    IFNULL(t.failed, 0) AS `Tests failed`,
    IFNULL(t.broken, 0) AS `Tests broken`,
    IFNULL(t.total, 0) AS `Tests`
FROM this
LEFT JOIN b ON b.checkout_id = this.id
LEFT JOIN t ON t.checkout_id = this.id
ORDER BY this.start_time
LIMIT 200
