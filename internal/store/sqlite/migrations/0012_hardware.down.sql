DROP INDEX IF EXISTS tests_number;
DROP INDEX IF EXISTS test_counts_platform;
DROP INDEX IF EXISTS hardware_counts_platform;
