-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_number;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_counts_platform;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS hardware_counts_platform;
