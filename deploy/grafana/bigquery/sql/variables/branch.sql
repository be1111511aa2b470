-- The branches of the repository.
SELECT DISTINCT git_repository_branch
FROM checkouts
WHERE git_repository_url = ${repository:singlequote}
    AND git_repository_branch IS NOT NULL
ORDER BY git_repository_branch
