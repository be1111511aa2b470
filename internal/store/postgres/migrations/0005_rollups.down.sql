-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_build ON test_rows (build_id);
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_build_path;
-- step: together
DROP TABLE issue_counts;
DROP TABLE sightings;
DROP TABLE tree_heads;
DROP TABLE counted_checkouts;
DROP TABLE counted_builds;
DROP TABLE daily_counts;
DROP TABLE checkout_counts;
DROP TABLE hardware_counts;
DROP TABLE test_counts;
DROP TABLE rollups;
