-- Roll-ups: the counts on pages, updated as the objects change. The same statements use
-- these tables in all databases: see package rollup. Texts that are absent are '',
-- a day is a number of days since 1970 UTC, -1 for none, times are microseconds
-- since 1970 UTC, and a key is the hash of the columns behind it, up to n, which is
-- how many there are.

-- Whether the roll-ups are of all objects: not until they were rebuilt once.
CREATE TABLE rollups (
    one      integer PRIMARY KEY CHECK (one = 1),
    complete bigint NOT NULL
);
INSERT INTO rollups VALUES (1, 0);

-- The tests of a build, by all they know themselves.
CREATE TABLE test_counts (
    build_id   text COLLATE "C" NOT NULL,
    key        bigint NOT NULL,
    day        bigint NOT NULL, -- of their start
    origin     text COLLATE "C" NOT NULL,
    suite      text COLLATE "C" NOT NULL,    -- the first component of their path
    platform   text COLLATE "C" NOT NULL,
    compatible text COLLATE "C" NOT NULL,    -- JSON list of strings
    lab        text COLLATE "C" NOT NULL,
    reason     text COLLATE "C" NOT NULL,    -- why they failed, if they report that
    status     text COLLATE "C" NOT NULL,
    n          bigint NOT NULL,
    PRIMARY KEY (build_id, key)
);
CREATE INDEX test_counts_day ON test_counts (day);

-- The tests on a platform, by day and build.
CREATE TABLE hardware_counts (
    day        bigint NOT NULL,
    key        bigint NOT NULL,
    platform   text COLLATE "C" NOT NULL,
    compatible text COLLATE "C" NOT NULL,
    origin     text COLLATE "C" NOT NULL,
    build_id   text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL, -- boot, test
    status     text COLLATE "C" NOT NULL,
    n          bigint NOT NULL,
    PRIMARY KEY (day, key)
);

-- Numbers of the builds and tests of a checkout.
CREATE TABLE checkout_counts (
    checkout_id text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL, -- build, boot, test
    status      text COLLATE "C" NOT NULL,
    n           bigint NOT NULL,
    PRIMARY KEY (checkout_id, kind, status)
);

-- Numbers of objects that started on a day.
CREATE TABLE daily_counts (
    day    bigint NOT NULL,
    key    bigint NOT NULL,
    origin text COLLATE "C" NOT NULL,
    lab    text COLLATE "C" NOT NULL,
    kind   text COLLATE "C" NOT NULL, -- checkout, build, boot, test
    status text COLLATE "C" NOT NULL,
    n      bigint NOT NULL,
    PRIMARY KEY (day, key)
);

-- The builds that are counted. One that only its tests know has no checkout.
CREATE TABLE counted_builds (
    build_id     text COLLATE "C" NOT NULL PRIMARY KEY,
    checkout_id  text COLLATE "C" NOT NULL,
    origin       text COLLATE "C" NOT NULL,
    status       text COLLATE "C" NOT NULL,
    architecture text COLLATE "C" NOT NULL,
    compiler     text COLLATE "C" NOT NULL,
    config_name  text COLLATE "C" NOT NULL,
    lab          text COLLATE "C" NOT NULL,
    day          bigint NOT NULL
);
CREATE INDEX counted_builds_checkout ON counted_builds (checkout_id) WHERE checkout_id <> '';

-- The checkouts that are counted.
CREATE TABLE counted_checkouts (
    checkout_id text COLLATE "C" NOT NULL PRIMARY KEY,
    origin      text COLLATE "C" NOT NULL,
    tree        bigint NOT NULL, -- key of the tree it is of
    day         bigint NOT NULL,
    start       bigint NOT NULL
);
CREATE INDEX counted_checkouts_tree ON counted_checkouts (tree, start);

-- The checkout of each tree that started last.
CREATE TABLE tree_heads (
    key         bigint NOT NULL PRIMARY KEY,
    origin      text COLLATE "C" NOT NULL,
    tree_name   text COLLATE "C" NOT NULL,
    url         text COLLATE "C" NOT NULL,
    branch      text COLLATE "C" NOT NULL,
    checkout_id text COLLATE "C" NOT NULL,
    start       bigint NOT NULL
);
CREATE INDEX tree_heads_start ON tree_heads (start);

-- The incidents that do not report their issue as absent, with their builds and tests.
CREATE TABLE sightings (
    incident_id   text COLLATE "C" NOT NULL PRIMARY KEY,
    issue_id      text COLLATE "C" NOT NULL,
    issue_version bigint NOT NULL,
    build_id      text COLLATE "C" NOT NULL,    -- its own or that of the test
    test_id       text COLLATE "C" NOT NULL,
    kind          text COLLATE "C" NOT NULL,    -- build, boot, test, '' if it is missing
    status        text COLLATE "C" NOT NULL,    -- of the build or test
    seen          bigint NOT NULL  -- start of the build or test, 0 if unknown
);
CREATE INDEX sightings_issue ON sightings (issue_id, issue_version, seen);
CREATE INDEX sightings_build ON sightings (build_id) WHERE build_id <> '';
CREATE INDEX sightings_waiting ON sightings (test_id) WHERE kind = '';

-- The sightings of an issue. Times are 0, and IDs '', if the times are unknown.
CREATE TABLE issue_counts (
    issue_id       text COLLATE "C" NOT NULL,
    issue_version  bigint NOT NULL,
    first_seen     bigint NOT NULL,
    first_incident text COLLATE "C" NOT NULL,
    last_seen      bigint NOT NULL,
    last_incident  text COLLATE "C" NOT NULL,
    n              bigint NOT NULL,
    PRIMARY KEY (issue_id, issue_version)
);

-- Tests of a build by path, to find earlier runs of a test build by build. It is the index of
-- parents and children as well.
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_build_path ON test_rows (build_id, path);
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_build;
