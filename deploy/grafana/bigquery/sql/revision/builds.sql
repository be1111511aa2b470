-- The builds of the revision, the worst first, with the results of their tests.
WITH this AS (
    SELECT builds.*
    FROM checkouts
    JOIN builds ON builds.checkout_id = checkouts.id
    WHERE checkouts.git_commit_hash = ${git_commit_hash:singlequote}
        AND checkouts.patchset_hash = ${patchset_hash:singlequote}
        AND ('*' IN (${origin:singlequote}) OR checkouts.origin IN (${origin:singlequote}))
        AND ('*' IN (${architecture:singlequote}) OR builds.architecture IN (${architecture:singlequote}))
        AND ('*' IN (${config:singlequote}) OR builds.config_name IN (${config:singlequote}))
),
t AS (
    SELECT
        tests.build_id,
        COUNT(*) AS total,
        COUNTIF(tests.status = 'FAIL') AS failed,
        COUNTIF(tests.status IN ('ERROR', 'MISS')) AS broken
    FROM this
    JOIN tests ON tests.build_id = this.id
    GROUP BY 1
)
SELECT
    this.status AS `Status`,
    this.architecture AS `Architecture`,
    this.config_name AS `Configuration`,
    this.compiler AS `Compiler`,
    this.start_time AS `Started`,
    this.checkout_id,
    this.id AS `Build`,
    IFNULL(t.failed, 0) AS `Tests failed`,
    IFNULL(t.broken, 0) AS `Tests broken`,
    IFNULL(t.total, 0) AS `Tests`
FROM this
LEFT JOIN t ON t.build_id = this.id
ORDER BY STRPOS('FAIL ERROR MISS PASS DONE SKIP', this.status) NULLS LAST, `Tests failed` DESC, this.architecture, this.config_name, this.id
LIMIT 500
