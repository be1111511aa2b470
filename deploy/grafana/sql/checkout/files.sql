-- The checkout's log and patches, and the links that its CI system reported.
SELECT
    files.kind AS "Kind",
    files.name AS "File",
    format_cached_url(files.url) AS "URL"
FROM checkouts
CROSS JOIN LATERAL (
    SELECT 1 AS part, 1 AS place, 'log' AS kind, 'log' AS name, checkouts.log_url AS url
    UNION ALL
    SELECT 2, patches.place, 'patch', patches.file->>'name', patches.file->>'url'
    FROM jsonb_array_elements(checkouts.patchset_files) WITH ORDINALITY AS patches (file, place)
    UNION ALL
    SELECT 3, 1, 'link', links.key, links.value
    FROM jsonb_each_text(checkouts.misc) AS links (key, value)
    WHERE links.value ~ '^https?://'
) AS files
WHERE checkouts.id = ${id:sqlstring}
    AND files.url IS NOT NULL
ORDER BY files.part, files.place, files.name
