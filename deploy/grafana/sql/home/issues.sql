-- The known issues that were seen in the period, the most frequent first.
WITH seen AS (
    SELECT
        issue_id,
        count(DISTINCT build_id) AS builds,
        count(DISTINCT test_id) AS tests,
        max(_timestamp) AS last_seen,
        last(build_id ORDER BY _timestamp) AS build_id,
        last(test_id ORDER BY _timestamp) AS test_id
    FROM incidents
    WHERE $__timeFilter(_timestamp)
        AND ('*' IN (${origin:sqlstring}) OR origin IN (${origin:sqlstring}))
        AND present
    GROUP BY issue_id
    ORDER BY count(*) DESC
    LIMIT 50
)
SELECT
    COALESCE(issue.report_subject, issue.comment, seen.issue_id) AS "Issue",
    concat_ws(', ',
        CASE WHEN issue.culprit_code THEN 'kernel' END,
        CASE WHEN issue.culprit_tool THEN 'tool' END,
        CASE WHEN issue.culprit_harness THEN 'harness' END) AS "At fault",
    array_to_string(issue.categories, ', ') AS "Categories",
    seen.builds AS "Builds",
    seen.tests AS "Tests",
    seen.last_seen AS "Last seen",
    seen.build_id AS "Latest build",
    seen.test_id AS "Latest test",
    issue.report_url AS "Report"
FROM seen
LEFT JOIN LATERAL (
    SELECT *
    FROM issues
    WHERE issues.id = seen.issue_id
    ORDER BY issues.version DESC
    LIMIT 1
) AS issue ON true
ORDER BY seen.tests + seen.builds DESC, seen.last_seen DESC
