-- Roll-ups: the counts on pages, updated as the objects change. The same statements use
-- these tables in all databases: see package rollup. Texts that are absent are '',
-- a day is a number of days since 1970 UTC, -1 for none, times are microseconds
-- since 1970 UTC, and a key is the hash of the columns behind it, up to n, which is
-- how many there are.

-- Whether the roll-ups are of all objects: not until they were rebuilt once.
CREATE TABLE rollups (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    complete INTEGER NOT NULL
) STRICT;
INSERT INTO rollups VALUES (1, 0);

-- The tests of a build, by all they know themselves.
CREATE TABLE test_counts (
    build_id   TEXT NOT NULL,
    key        INTEGER NOT NULL,
    day        INTEGER NOT NULL, -- of their start
    origin     TEXT NOT NULL,
    suite      TEXT NOT NULL,    -- the first component of their path
    platform   TEXT NOT NULL,
    compatible TEXT NOT NULL,    -- JSON list of strings
    lab        TEXT NOT NULL,
    reason     TEXT NOT NULL,    -- why they failed, if they report that
    status     TEXT NOT NULL,
    n          INTEGER NOT NULL,
    PRIMARY KEY (build_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX test_counts_day ON test_counts (day);

-- The tests on a platform, by day and build.
CREATE TABLE hardware_counts (
    day        INTEGER NOT NULL,
    key        INTEGER NOT NULL,
    platform   TEXT NOT NULL,
    compatible TEXT NOT NULL,
    origin     TEXT NOT NULL,
    build_id   TEXT NOT NULL,
    kind       TEXT NOT NULL, -- boot, test
    status     TEXT NOT NULL,
    n          INTEGER NOT NULL,
    PRIMARY KEY (day, key)
) STRICT, WITHOUT ROWID;

-- Numbers of the builds and tests of a checkout.
CREATE TABLE checkout_counts (
    checkout_id TEXT NOT NULL,
    kind        TEXT NOT NULL, -- build, boot, test
    status      TEXT NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (checkout_id, kind, status)
) STRICT, WITHOUT ROWID;

-- Numbers of objects that started on a day.
CREATE TABLE daily_counts (
    day    INTEGER NOT NULL,
    key    INTEGER NOT NULL,
    origin TEXT NOT NULL,
    lab    TEXT NOT NULL,
    kind   TEXT NOT NULL, -- checkout, build, boot, test
    status TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (day, key)
) STRICT, WITHOUT ROWID;

-- The builds that are counted. One that only its tests know has no checkout.
CREATE TABLE counted_builds (
    build_id     TEXT NOT NULL PRIMARY KEY,
    checkout_id  TEXT NOT NULL,
    origin       TEXT NOT NULL,
    status       TEXT NOT NULL,
    architecture TEXT NOT NULL,
    compiler     TEXT NOT NULL,
    config_name  TEXT NOT NULL,
    lab          TEXT NOT NULL,
    day          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_builds_checkout ON counted_builds (checkout_id) WHERE checkout_id <> '';

-- The checkouts that are counted.
CREATE TABLE counted_checkouts (
    checkout_id TEXT NOT NULL PRIMARY KEY,
    origin      TEXT NOT NULL,
    tree        INTEGER NOT NULL, -- key of the tree it is of
    day         INTEGER NOT NULL,
    start       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_checkouts_tree ON counted_checkouts (tree, start);

-- The checkout of each tree that started last.
CREATE TABLE tree_heads (
    key         INTEGER NOT NULL PRIMARY KEY,
    origin      TEXT NOT NULL,
    tree_name   TEXT NOT NULL,
    url         TEXT NOT NULL,
    branch      TEXT NOT NULL,
    checkout_id TEXT NOT NULL,
    start       INTEGER NOT NULL
) STRICT;
CREATE INDEX tree_heads_start ON tree_heads (start);

-- The incidents that do not report their issue as absent, with their builds and tests.
CREATE TABLE sightings (
    incident_id   TEXT NOT NULL PRIMARY KEY,
    issue_id      TEXT NOT NULL,
    issue_version INTEGER NOT NULL,
    build_id      TEXT NOT NULL,    -- its own or that of the test
    test_id       TEXT NOT NULL,
    kind          TEXT NOT NULL,    -- build, boot, test, '' if it is missing
    status        TEXT NOT NULL,    -- of the build or test
    seen          INTEGER NOT NULL  -- start of the build or test, 0 if unknown
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_issue ON sightings (issue_id, issue_version, seen);
CREATE INDEX sightings_build ON sightings (build_id) WHERE build_id <> '';
CREATE INDEX sightings_waiting ON sightings (test_id) WHERE kind = '';

-- The sightings of an issue. Times are 0, and IDs '', if the times are unknown.
CREATE TABLE issue_counts (
    issue_id       TEXT NOT NULL,
    issue_version  INTEGER NOT NULL,
    first_seen     INTEGER NOT NULL,
    first_incident TEXT NOT NULL,
    last_seen      INTEGER NOT NULL,
    last_incident  TEXT NOT NULL,
    n              INTEGER NOT NULL,
    PRIMARY KEY (issue_id, issue_version)
) STRICT, WITHOUT ROWID;

-- Tests of a build by path, to find earlier runs of a test build by build. It is the index of
-- parents and children as well.
DROP INDEX tests_build;
CREATE INDEX tests_build_path ON tests (build_id, path);
