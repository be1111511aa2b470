-- The repositories with checkouts.
SELECT DISTINCT git_repository_url
FROM checkouts
WHERE git_repository_url IS NOT NULL
ORDER BY git_repository_url
