-- The patches applied to the commit, in order.
SELECT
    patches.file->>'name' AS "Patch",
    format_cached_url(patches.file->>'url') AS "URL"
FROM (
    SELECT first(patchset_files ORDER BY start_time) AS files
    FROM checkouts
    WHERE git_commit_hash = ${git_commit_hash:sqlstring}
        AND patchset_hash = ${patchset_hash:sqlstring}
) AS revision
CROSS JOIN LATERAL jsonb_array_elements(revision.files) WITH ORDINALITY AS patches (file, place)
ORDER BY patches.place
