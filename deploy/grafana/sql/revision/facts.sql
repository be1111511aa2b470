-- The properties that the CI systems reported for the revision.
SELECT facts.name AS "Fact", facts.value AS "Value"
FROM (
    SELECT
        first(git_commit_name ORDER BY start_time) AS name,
        first(array_to_string(git_commit_tags, ', ') ORDER BY start_time) AS tags,
        first(git_commit_message ORDER BY start_time) AS message,
        first(message_id ORDER BY start_time) AS message_id,
        first(git_commit_hash) AS git_commit_hash,
        first(patchset_hash) AS patchset_hash
    FROM checkouts
    WHERE git_commit_hash = ${git_commit_hash:sqlstring}
        AND patchset_hash = ${patchset_hash:sqlstring}
) AS revision
CROSS JOIN LATERAL (
    VALUES
        (1, 'Name', revision.name),
        (2, 'Commit', revision.git_commit_hash),
        (3, 'Tags', revision.tags),
        (4, 'Patch set', revision.patchset_hash),
        (5, 'E-mail', revision.message_id),
        (6, 'Message', revision.message)
) AS facts (place, name, value)
WHERE facts.value <> ''
ORDER BY facts.place
