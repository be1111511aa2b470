-- The known issues that were seen in the period, the most frequent first.
WITH seen AS (
    SELECT
        issue_id,
        COUNT(DISTINCT build_id) AS builds,
        COUNT(DISTINCT test_id) AS tests,
        MAX(_timestamp) AS last_seen,
        ARRAY_AGG(build_id IGNORE NULLS ORDER BY _timestamp DESC LIMIT 1)[SAFE_OFFSET(0)] AS build_id,
        ARRAY_AGG(test_id IGNORE NULLS ORDER BY _timestamp DESC LIMIT 1)[SAFE_OFFSET(0)] AS test_id
    FROM incidents
    WHERE $__timeFilter(_timestamp)
        AND ('*' IN (${origin:singlequote}) OR origin IN (${origin:singlequote}))
        AND present
    GROUP BY issue_id
    ORDER BY COUNT(*) DESC
    LIMIT 50
),
issue AS (
    SELECT *
    FROM issues
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY version DESC) = 1
)
SELECT
    COALESCE(issue.report_subject, issue.comment, seen.issue_id) AS `Issue`,
    ARRAY_TO_STRING([
        IF(issue.culprit_code, 'kernel', NULL), IF(issue.culprit_tool, 'tool', NULL), IF(issue.culprit_harness, 'harness', NULL)
    ], ', ') AS `At fault`,
    ARRAY_TO_STRING(issue.categories, ', ') AS `Categories`,
    seen.builds AS `Builds`,
    seen.tests AS `Tests`,
    seen.last_seen AS `Last seen`,
    seen.build_id AS `Latest build`,
    seen.test_id AS `Latest test`,
    issue.report_url AS `Report`
FROM seen
LEFT JOIN issue ON issue.id = seen.issue_id
ORDER BY seen.tests + seen.builds DESC, seen.last_seen DESC
