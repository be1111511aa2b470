-- The CI systems that have sent checkouts.
SELECT DISTINCT origin
FROM checkouts
ORDER BY origin
