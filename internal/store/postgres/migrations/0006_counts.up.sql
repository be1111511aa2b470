-- Counts of incidents that change only with incidents, and the numbers of objects.
-- Everything is counted again once, as after migration 5: "complete" is 0 until then.

UPDATE rollups SET complete = 0;

-- The start of a build. Incidents of the build have it too.
ALTER TABLE counted_builds ADD COLUMN start bigint NOT NULL DEFAULT 0;

-- The origin of the incident, and when it arrived.
ALTER TABLE sightings ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sightings ADD COLUMN arrived bigint NOT NULL DEFAULT 0;

-- The incidents that report their issue as absent.
CREATE TABLE absences (
    incident_id   text COLLATE "C" NOT NULL PRIMARY KEY,
    issue_id      text COLLATE "C" NOT NULL,
    issue_version bigint NOT NULL,
    origin        text COLLATE "C" NOT NULL,
    arrived       bigint NOT NULL
);
CREATE INDEX absences_issue ON absences (issue_id, issue_version);

-- The incidents with an issue, by the day they arrived.
CREATE TABLE incident_counts (
    issue_id      text COLLATE "C" NOT NULL,
    issue_version bigint NOT NULL,
    day           bigint NOT NULL,
    origin        text COLLATE "C" NOT NULL, -- of the incidents
    kind          text COLLATE "C" NOT NULL, -- build, test, '' if they name neither, absent if they report that
    n             bigint NOT NULL,
    PRIMARY KEY (issue_id, issue_version, day, origin, kind)
);
CREATE INDEX incident_counts_day ON incident_counts (day);

-- How many objects there are: the sum over the shards of a list, which loaders that
-- run side by side have different ones of.
CREATE TABLE object_counts (
    list  text COLLATE "C" NOT NULL, -- checkouts, builds, tests, issues, incidents
    shard bigint NOT NULL,
    n     bigint NOT NULL,
    PRIMARY KEY (list, shard)
);

-- The first and the last sighting of an issue, also where many are of one moment.
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS sightings_seen ON sightings (issue_id, issue_version, seen, incident_id);
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS sightings_issue;
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS sightings_arrived ON sightings (issue_id, issue_version, arrived, incident_id);
-- Incidents of a build itself, and their issues.
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS sightings_of_build ON sightings (build_id, issue_id, issue_version) WHERE test_id = '';
-- The tests of a build that failed, had an error or did not run.
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_bad ON test_rows (build_id, path) WHERE status IN ('FAIL', 'ERROR', 'MISS');
