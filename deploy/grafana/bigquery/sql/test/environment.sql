-- The environment of the test: its comment, compatible devices and other properties.
WITH object AS (
    SELECT *
    FROM tests
    WHERE id = ${id:singlequote}
),
facts AS (
    SELECT 1 AS place, 'Comment' AS name, environment_comment AS value
    FROM object
    UNION ALL
    SELECT 2, 'Compatible', ARRAY_TO_STRING(environment_compatible, ', ')
    FROM object
    UNION ALL
    SELECT 3, REGEXP_EXTRACT(pair, r'^"([^"]+)"'), TRIM(REGEXP_EXTRACT(pair, r'^"[^"]+"\s*:\s*(.*)$'), '"')
    FROM object, UNNEST(REGEXP_EXTRACT_ALL(environment_misc, r'"[^"]+"\s*:\s*(?:"[^"]*"|[-+.\w]+)')) AS pair
)
SELECT name AS `Fact`, value AS `Value`
FROM facts
WHERE value <> ''
ORDER BY place, name
