-- The architectures for which the checkout was built.
SELECT DISTINCT architecture
FROM builds
WHERE checkout_id = ${id:singlequote}
    AND architecture IS NOT NULL
ORDER BY architecture
