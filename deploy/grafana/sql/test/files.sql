-- The test's log, input and output files, and the links that its CI system reported.
SELECT
    files.kind AS "Kind",
    files.name AS "File",
    format_cached_url(files.url) AS "URL"
FROM tests
CROSS JOIN LATERAL (
    SELECT 1 AS part, 1 AS place, 'log' AS kind, 'log' AS name, tests.log_url AS url
    UNION ALL
    SELECT 2, outputs.place, 'output', outputs.file->>'name', outputs.file->>'url'
    FROM jsonb_array_elements(tests.output_files) WITH ORDINALITY AS outputs (file, place)
    UNION ALL
    SELECT 3, inputs.place, 'input', inputs.file->>'name', inputs.file->>'url'
    FROM jsonb_array_elements(tests.input_files) WITH ORDINALITY AS inputs (file, place)
    UNION ALL
    SELECT 4, 1, 'link', links.key, links.value
    FROM jsonb_each_text(tests.environment_misc) AS links (key, value)
    WHERE links.value ~ '^https?://'
    UNION ALL
    SELECT 5, 1, 'link', links.key, links.value
    FROM jsonb_each_text(tests.misc) AS links (key, value)
    WHERE links.value ~ '^https?://'
) AS files
WHERE tests.id = ${id:sqlstring}
    AND files.url IS NOT NULL
ORDER BY files.part, files.place, files.name
