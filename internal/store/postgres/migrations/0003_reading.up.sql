-- Indexes for people's questions: dashboards, and other SQL that reads. Each is
-- made beside the loading that goes on.

-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS checkouts_start ON checkouts (start_time);
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS checkouts_branch ON checkouts (git_repository_url, git_repository_branch, start_time);
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS builds_start ON builds (start_time);
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_start ON test_rows (start_time);
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_path ON test_rows (path);
