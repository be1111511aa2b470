-- The issues that were looked for in the test, and whether they occurred.
SELECT
    CASE WHEN incidents.present THEN 'yes' WHEN NOT incidents.present THEN 'no' ELSE 'unknown' END AS `Shows`,
    COALESCE(issues.report_subject, issues.comment, incidents.issue_id) AS `Issue`,
    ARRAY_TO_STRING([
        IF(issues.culprit_code, 'kernel', NULL), IF(issues.culprit_tool, 'tool', NULL), IF(issues.culprit_harness, 'harness', NULL)
    ], ', ') AS `At fault`,
    ARRAY_TO_STRING(issues.categories, ', ') AS `Categories`,
    incidents.comment AS `Incident`,
    incidents.origin AS `Said by`,
    issues.report_url AS `Report`,
    incidents.issue_id || ' version ' || CAST(incidents.issue_version AS STRING) AS `ID`
FROM incidents
LEFT JOIN issues ON issues.id = incidents.issue_id AND issues.version = incidents.issue_version
WHERE incidents.test_id = ${id:singlequote}
ORDER BY incidents.present DESC, incidents._timestamp DESC
LIMIT 100
