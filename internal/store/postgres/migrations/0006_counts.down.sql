-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_bad;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS sightings_of_build;
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS sightings_arrived;
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS sightings_issue ON sightings (issue_id, issue_version, seen);
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS sightings_seen;
-- step: together
DROP TABLE IF EXISTS object_counts;
DROP TABLE IF EXISTS incident_counts;
DROP TABLE IF EXISTS absences;
ALTER TABLE sightings DROP COLUMN IF EXISTS arrived;
ALTER TABLE sightings DROP COLUMN IF EXISTS origin;
ALTER TABLE counted_builds DROP COLUMN IF EXISTS start;
