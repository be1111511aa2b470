-- The properties that the CI system reported for the checkout.
WITH object AS (
    SELECT
        *,
        ARRAY_TO_STRING(git_commit_tags, ', ') AS tags,
        IF(git_repository_branch_tip, 'yes', IF(NOT git_repository_branch_tip, 'no', NULL)) AS tip
    FROM checkouts
    WHERE id = ${id:singlequote}
)
SELECT facts.name AS `Fact`, facts.value AS `Value`
FROM object
CROSS JOIN UNNEST([
    STRUCT(1 AS place, 'Comment' AS name, object.comment AS value),
    (2, 'Origin', object.origin),
    (3, 'Tree', object.tree_name),
    (4, 'Commit', object.git_commit_hash),
    (5, 'Tags', object.tags),
    (6, 'Tip of the branch', object.tip),
    (7, 'Patch set', object.patchset_hash),
    (8, 'E-mail', object.message_id),
    (9, 'Started', FORMAT_TIMESTAMP('%F %T UTC', object.start_time)),
    (10, 'All builds sent', FORMAT_TIMESTAMP('%F %T UTC', object.origin_builds_finish_time)),
    (11, 'All tests sent', FORMAT_TIMESTAMP('%F %T UTC', object.origin_tests_finish_time)),
    (12, 'Arrived', FORMAT_TIMESTAMP('%F %T UTC', object._timestamp)),
    (13, 'Commit message', object.git_commit_message),
    (14, 'Anything else', object.misc)
]) AS facts
WHERE facts.value <> ''
ORDER BY facts.place
