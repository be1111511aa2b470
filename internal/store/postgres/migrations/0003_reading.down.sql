-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_path;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_start;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS builds_start;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS checkouts_branch;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS checkouts_start;
