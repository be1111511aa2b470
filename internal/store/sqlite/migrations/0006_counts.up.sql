-- Counts of incidents that change only with incidents, and the numbers of objects.
-- Everything is counted again once, as after migration 5: "complete" is 0 until then.

UPDATE rollups SET complete = 0;

-- The start of a build. Incidents of the build have it too.
ALTER TABLE counted_builds ADD COLUMN start INTEGER NOT NULL DEFAULT 0;

-- The origin of the incident, and when it arrived.
ALTER TABLE sightings ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE sightings ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sightings_arrived ON sightings (issue_id, issue_version, arrived);
-- Incidents of a build itself, and their issues.
CREATE INDEX sightings_of_build ON sightings (build_id, issue_id, issue_version) WHERE test_id = '';

-- The incidents that report their issue as absent.
CREATE TABLE absences (
    incident_id   TEXT NOT NULL PRIMARY KEY,
    issue_id      TEXT NOT NULL,
    issue_version INTEGER NOT NULL,
    origin        TEXT NOT NULL,
    arrived       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX absences_issue ON absences (issue_id, issue_version);

-- The incidents with an issue, by the day they arrived.
CREATE TABLE incident_counts (
    issue_id      TEXT NOT NULL,
    issue_version INTEGER NOT NULL,
    day           INTEGER NOT NULL,
    origin        TEXT NOT NULL, -- of the incidents
    kind          TEXT NOT NULL, -- build, test, '' if they name neither, absent if they report that
    n             INTEGER NOT NULL,
    PRIMARY KEY (issue_id, issue_version, day, origin, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_counts_day ON incident_counts (day);

-- How many objects there are: the sum over the shards of a list.
CREATE TABLE object_counts (
    list  TEXT NOT NULL, -- checkouts, builds, tests, issues, incidents
    shard INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (list, shard)
) STRICT, WITHOUT ROWID;

-- The tests of a build that failed, had an error or did not run.
CREATE INDEX tests_bad ON tests (build_id, path) WHERE status IN ('FAIL', 'ERROR', 'MISS');
