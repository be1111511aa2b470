-- The patches applied to the commit, in order.
WITH revision AS (
    SELECT patchset_files AS files
    FROM checkouts
    WHERE git_commit_hash = ${git_commit_hash:singlequote}
        AND patchset_hash = ${patchset_hash:singlequote}
        AND ARRAY_LENGTH(patchset_files) > 0
    ORDER BY start_time
    LIMIT 1
)
SELECT
    file.name AS `Patch`,
    file.url AS `URL`
FROM revision, UNNEST(files) AS file WITH OFFSET AS place
ORDER BY place
