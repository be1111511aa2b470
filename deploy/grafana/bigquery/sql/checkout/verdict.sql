-- The results of the checkout so far.
WITH this AS (
    SELECT *
    FROM checkouts
    WHERE id = ${id:singlequote}
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
    GROUP BY 1
)
SELECT
    COALESCE(REGEXP_EXTRACT(SUBSTR('FAIL ERROR MISS PASS DONE SKIP', LEAST(IF(NOT this.valid, 1, 99), IFNULL(b.worst, 99), IFNULL(t.worst, 99))), '^[A-Z]+'), 'none') AS `Verdict`,
    CASE WHEN this.valid THEN 'PASS' WHEN NOT this.valid THEN 'FAIL' ELSE 'none' END AS `Checked out`,
    IFNULL(b.failed, 0) AS `Builds failed`,
    IFNULL(b.total, 0) AS `Builds`,
    IFNULL(t.failed, 0) AS `Tests failed`,
    IFNULL(t.broken, 0) AS `Tests broken`,
    IFNULL(t.total, 0) AS `Tests`
FROM this
LEFT JOIN b ON b.checkout_id = this.id
LEFT JOIN t ON t.checkout_id = this.id
