-- The properties that the CI system reported for the checkout.
SELECT facts.name AS `Fact`, facts.value AS `Value`
FROM checkouts
CROSS JOIN UNNEST([
    STRUCT(1 AS place, 'Comment' AS name, checkouts.comment AS value),
    (2, 'Origin', checkouts.origin),
    (3, 'Tree', checkouts.tree_name),
    (4, 'Commit', checkouts.git_commit_hash),
    (5, 'Tags', ARRAY_TO_STRING(checkouts.git_commit_tags, ', ')),
    (6, 'Tip of the branch', CASE WHEN checkouts.git_repository_branch_tip THEN 'yes' WHEN NOT checkouts.git_repository_branch_tip THEN 'no' END),
    (7, 'Patch set', checkouts.patchset_hash),
    (8, 'E-mail', checkouts.message_id),
    (9, 'Started', FORMAT_TIMESTAMP('%F %T UTC', checkouts.start_time)),
    (10, 'All builds sent', FORMAT_TIMESTAMP('%F %T UTC', checkouts.origin_builds_finish_time)),
    (11, 'All tests sent', FORMAT_TIMESTAMP('%F %T UTC', checkouts.origin_tests_finish_time)),
    (12, 'Arrived', FORMAT_TIMESTAMP('%F %T UTC', checkouts._timestamp)),
    (13, 'Commit message', checkouts.git_commit_message),
    (14, 'Anything else', checkouts.misc)
]) AS facts
WHERE checkouts.id = ${id:singlequote}
    AND facts.value <> ''
ORDER BY facts.place
