-- The properties that the CI system reported for the checkout.
SELECT facts.name AS "Fact", facts.value AS "Value"
FROM checkouts
CROSS JOIN LATERAL (
    VALUES
        (1, 'Comment', checkouts.comment),
        (2, 'Origin', checkouts.origin),
        (3, 'Tree', checkouts.tree_name),
        (4, 'Commit', checkouts.git_commit_hash),
        (5, 'Tags', array_to_string(checkouts.git_commit_tags, ', ')),
        (6, 'Tip of the branch', CASE WHEN checkouts.git_repository_branch_tip THEN 'yes' WHEN NOT checkouts.git_repository_branch_tip THEN 'no' END),
        (7, 'Patch set', checkouts.patchset_hash),
        (8, 'E-mail', checkouts.message_id),
        (9, 'Started', to_char(checkouts.start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (10, 'All builds sent', to_char(checkouts.origin_builds_finish_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (11, 'All tests sent', to_char(checkouts.origin_tests_finish_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (12, 'Arrived', to_char(checkouts._timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (13, 'Commit message', checkouts.git_commit_message),
        (14, 'Anything else', jsonb_pretty(checkouts.misc))
) AS facts (place, name, value)
WHERE checkouts.id = ${id:sqlstring}
    AND facts.value <> ''
ORDER BY facts.place
