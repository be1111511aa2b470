-- The environment of the test: its comment, compatible devices and other properties.
SELECT facts.name AS "Fact", facts.value AS "Value"
FROM tests
CROSS JOIN LATERAL (
    SELECT 1 AS place, 'Comment' AS name, tests.environment_comment AS value
    UNION ALL
    SELECT 2, 'Compatible', array_to_string(tests.environment_compatible, ', ')
    UNION ALL
    SELECT 3, each.key, each.value
    FROM jsonb_each_text(tests.environment_misc) AS each (key, value)
) AS facts
WHERE tests.id = ${id:sqlstring}
    AND facts.value <> ''
ORDER BY facts.place, facts.name
