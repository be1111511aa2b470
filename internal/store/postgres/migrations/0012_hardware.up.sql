-- Indexes for the pages of hardware. Platforms with longer names are not in them, because
-- PostgreSQL limits the size of a row of an index.
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS hardware_counts_platform ON hardware_counts (platform, day) WHERE length(platform) <= 200;
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_counts_platform ON test_counts (build_id, platform) WHERE length(platform) <= 200;
-- The tests of a build that measured a number.
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_number ON test_rows (build_id) WHERE number_value IS NOT NULL;
