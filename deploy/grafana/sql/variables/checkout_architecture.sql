-- The architectures the checkout was built for.
SELECT DISTINCT architecture
FROM builds
WHERE checkout_id = ${id:sqlstring}
    AND architecture IS NOT NULL
ORDER BY architecture
