-- The configurations with which the checkout was built.
SELECT DISTINCT config_name
FROM builds
WHERE checkout_id = ${id:singlequote}
    AND config_name IS NOT NULL
ORDER BY config_name
