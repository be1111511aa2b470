DROP INDEX tests_bad;
DROP TABLE object_counts;
DROP TABLE incident_counts;
DROP TABLE absences;
DROP INDEX sightings_of_build;
DROP INDEX sightings_arrived;
ALTER TABLE sightings DROP COLUMN arrived;
ALTER TABLE sightings DROP COLUMN origin;
ALTER TABLE counted_builds DROP COLUMN start;
