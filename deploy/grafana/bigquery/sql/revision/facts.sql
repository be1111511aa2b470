-- The properties that the CI systems reported for the revision.
WITH revision AS (
    SELECT
        ARRAY_AGG(git_commit_name IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS name,
        ARRAY_AGG(NULLIF(ARRAY_TO_STRING(git_commit_tags, ', '), '') IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS tags,
        ARRAY_AGG(git_commit_message IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS message,
        ARRAY_AGG(message_id IGNORE NULLS ORDER BY start_time LIMIT 1)[SAFE_OFFSET(0)] AS message_id,
        ANY_VALUE(git_commit_hash) AS git_commit_hash,
        ANY_VALUE(patchset_hash) AS patchset_hash
    FROM checkouts
    WHERE git_commit_hash = ${git_commit_hash:singlequote}
        AND patchset_hash = ${patchset_hash:singlequote}
)
SELECT facts.name AS `Fact`, facts.value AS `Value`
FROM revision
CROSS JOIN UNNEST([
    STRUCT(1 AS place, 'Name' AS name, revision.name AS value),
    (2, 'Commit', revision.git_commit_hash),
    (3, 'Tags', revision.tags),
    (4, 'Patch set', revision.patchset_hash),
    (5, 'E-mail', revision.message_id),
    (6, 'Message', revision.message)
]) AS facts
WHERE facts.value <> ''
ORDER BY facts.place
