-- The properties that the CI system reported for the run.
SELECT facts.name AS `Fact`, facts.value AS `Value`
FROM tests
LEFT JOIN builds ON builds.id = tests.build_id
CROSS JOIN UNNEST([
    STRUCT(1 AS place, 'Test' AS name, tests.path AS value),
    (2, 'ID', tests.id),
    (3, 'Comment', tests.comment),
    (4, 'Origin', tests.origin),
    (5, 'Architecture', builds.architecture),
    (6, 'Configuration', builds.config_name),
    (7, 'Compiler', builds.compiler),
    (8, 'Measured', CAST(tests.number_value AS STRING) || IFNULL(' ' || tests.number_unit, '')),
    (9, 'Started', FORMAT_TIMESTAMP('%F %T UTC', tests.start_time)),
    (10, 'Arrived', FORMAT_TIMESTAMP('%F %T UTC', tests._timestamp)),
    (11, 'Anything else', tests.misc)
]) AS facts
WHERE tests.id = ${id:singlequote}
    AND facts.value <> ''
ORDER BY facts.place
