-- The architectures for which the checkout was built.
SELECT DISTINCT architecture
FROM builds
WHERE checkout_id = ${id:sqlstring}
    AND architecture IS NOT NULL
ORDER BY architecture
