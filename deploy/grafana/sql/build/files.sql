-- The build's log, configuration, input and output files, and the links that its CI system reported.
SELECT
    files.kind AS "Kind",
    files.name AS "File",
    format_cached_url(files.url) AS "URL"
FROM builds
CROSS JOIN LATERAL (
    SELECT 1 AS part, 1 AS place, 'log' AS kind, 'log' AS name, builds.log_url AS url
    UNION ALL
    SELECT 2, 1, 'configuration', COALESCE(builds.config_name, 'config'), builds.config_url
    UNION ALL
    SELECT 3, outputs.place, 'output', outputs.file->>'name', outputs.file->>'url'
    FROM jsonb_array_elements(builds.output_files) WITH ORDINALITY AS outputs (file, place)
    UNION ALL
    SELECT 4, inputs.place, 'input', inputs.file->>'name', inputs.file->>'url'
    FROM jsonb_array_elements(builds.input_files) WITH ORDINALITY AS inputs (file, place)
    UNION ALL
    SELECT 5, 1, 'link', links.key, links.value
    FROM jsonb_each_text(builds.misc) AS links (key, value)
    WHERE links.value ~ '^https?://'
) AS files
WHERE builds.id = ${id:sqlstring}
    AND files.url IS NOT NULL
ORDER BY files.part, files.place, files.name
