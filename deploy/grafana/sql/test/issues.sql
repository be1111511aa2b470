-- The issues that were looked for in the test, and whether they occurred.
SELECT
    CASE WHEN incidents.present THEN 'yes' WHEN NOT incidents.present THEN 'no' ELSE 'unknown' END AS "Shows",
    COALESCE(issues.report_subject, issues.comment, incidents.issue_id) AS "Issue",
    concat_ws(', ',
        CASE WHEN issues.culprit_code THEN 'kernel' END,
        CASE WHEN issues.culprit_tool THEN 'tool' END,
        CASE WHEN issues.culprit_harness THEN 'harness' END) AS "At fault",
    array_to_string(issues.categories, ', ') AS "Categories",
    incidents.comment AS "Incident",
    incidents.origin AS "Said by",
    issues.report_url AS "Report",
    incidents.issue_id || ' version ' || incidents.issue_version AS "ID"
FROM incidents
LEFT JOIN issues ON issues.id = incidents.issue_id AND issues.version = incidents.issue_version
WHERE incidents.test_id = ${id:sqlstring}
ORDER BY incidents.present DESC NULLS LAST, incidents._timestamp DESC
LIMIT 100
