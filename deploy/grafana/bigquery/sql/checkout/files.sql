-- The checkout's log and patches, and the links that its CI system reported.
WITH object AS (
    SELECT *
    FROM checkouts
    WHERE id = ${id:singlequote}
),
files AS (
    SELECT 1 AS part, 0 AS place, 'log' AS kind, 'log' AS name, log_url AS url
    FROM object
    UNION ALL
    SELECT 2, place, 'patch', file.name, file.url
    FROM object, UNNEST(patchset_files) AS file WITH OFFSET AS place
    UNION ALL
    SELECT 3, 1, 'link', REGEXP_EXTRACT(pair, r'^"([^"]+)"'), REGEXP_EXTRACT(pair, r'"(https?://[^"]*)"$')
    FROM object, UNNEST(REGEXP_EXTRACT_ALL(misc, r'"[^"]+"\s*:\s*"https?://[^"]*"')) AS pair
)
SELECT
    kind AS `Kind`,
    name AS `File`,
    url AS `URL`
FROM files
WHERE url IS NOT NULL
ORDER BY part, place, name
