-- The properties that the CI system reported for the run.
SELECT facts.name AS "Fact", facts.value AS "Value"
FROM tests
LEFT JOIN builds ON builds.id = tests.build_id
CROSS JOIN LATERAL (
    VALUES
        (1, 'Test', tests.path),
        (2, 'ID', tests.id),
        (3, 'Comment', tests.comment),
        (4, 'Origin', tests.origin),
        (5, 'Architecture', builds.architecture),
        (6, 'Configuration', builds.config_name),
        (7, 'Compiler', builds.compiler),
        (8, 'Measured', concat_ws(' ', tests.number_value, tests.number_unit)),
        (9, 'Started', to_char(tests.start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (10, 'Arrived', to_char(tests._timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (11, 'Anything else', jsonb_pretty(tests.misc))
) AS facts (place, name, value)
WHERE tests.id = ${id:sqlstring}
    AND facts.value <> ''
ORDER BY facts.place
