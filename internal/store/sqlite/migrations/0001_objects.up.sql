-- The objects of reports, a table a list, their fields flattened as the
-- Python system's relations have them. Times are microseconds since 1970 UTC,
-- booleans are 0 and 1, lists and free objects are JSON text, and NULL is a
-- field that is absent. Parents may be missing, so there are no foreign keys.
--
-- _timestamp is when the object last arrived; the index on it serves dumps
-- within bounds, purging, and the first and last modification times. Each
-- other index is a step between parents and children.

-- Values that are long and the same in many objects, each distinct one kept
-- once: log excerpts are most of the bytes of reports, and mostly repeats.
-- Rows nothing refers to any more go with a purge.
CREATE TABLE contents (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE, -- the first 16 bytes of the value's SHA-256
    data ANY NOT NULL          -- the value: text, or a blob with its zstd frame
) STRICT;

CREATE TABLE checkouts (
    _timestamp                INTEGER NOT NULL,
    id                        TEXT NOT NULL UNIQUE,
    origin                    TEXT NOT NULL,
    tree_name                 TEXT,
    git_repository_url        TEXT,
    git_commit_hash           TEXT,
    git_commit_name           TEXT,
    git_commit_tags           TEXT,    -- JSON list of strings
    git_commit_message        TEXT,
    git_repository_branch     TEXT,
    git_repository_branch_tip INTEGER,
    patchset_files            TEXT,    -- JSON list of {name, url}
    patchset_hash             TEXT,
    message_id                TEXT,
    comment                   TEXT,
    start_time                INTEGER,
    origin_builds_finish_time INTEGER,
    origin_tests_finish_time  INTEGER,
    log_url                   INTEGER, -- a content
    log_excerpt               INTEGER, -- a content
    valid                     INTEGER,
    misc                      TEXT     -- JSON object
) STRICT;
CREATE INDEX checkouts_timestamp ON checkouts (_timestamp);
CREATE INDEX checkouts_revision ON checkouts (git_commit_hash, patchset_hash);

CREATE TABLE builds (
    _timestamp   INTEGER NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    origin       TEXT NOT NULL,
    checkout_id  TEXT NOT NULL,
    comment      TEXT,
    start_time   INTEGER,
    duration     REAL,    -- seconds
    architecture TEXT,
    command      TEXT,
    compiler     TEXT,
    input_files  INTEGER, -- a content: JSON list of {name, url}
    output_files INTEGER, -- a content: JSON list of {name, url}
    config_name  TEXT,
    config_url   TEXT,
    log_url      INTEGER, -- a content
    log_excerpt  INTEGER, -- a content
    status       TEXT,
    misc         TEXT     -- JSON object
) STRICT;
CREATE INDEX builds_timestamp ON builds (_timestamp);
CREATE INDEX builds_checkout ON builds (checkout_id);

CREATE TABLE tests (
    _timestamp             INTEGER NOT NULL,
    id                     TEXT NOT NULL UNIQUE,
    origin                 TEXT NOT NULL,
    build_id               TEXT NOT NULL,
    environment_comment    TEXT,
    environment_compatible INTEGER, -- a content: JSON list of strings
    environment_misc       INTEGER, -- a content: JSON object
    path                   TEXT,
    comment                TEXT,
    log_url                INTEGER, -- a content
    log_excerpt            INTEGER, -- a content
    status                 TEXT,
    number_value           REAL,
    number_unit            TEXT,
    number_prefix          TEXT,
    start_time             INTEGER,
    duration               REAL,    -- seconds
    input_files            INTEGER, -- a content: JSON list of {name, url}
    output_files           INTEGER, -- a content: JSON list of {name, url}
    misc                   TEXT     -- JSON object
) STRICT;
CREATE INDEX tests_timestamp ON tests (_timestamp);
CREATE INDEX tests_build ON tests (build_id);

CREATE TABLE issues (
    _timestamp      INTEGER NOT NULL,
    id              TEXT NOT NULL,
    version         INTEGER NOT NULL,
    origin          TEXT NOT NULL,
    report_url      TEXT,
    report_subject  TEXT,
    culprit_code    INTEGER,
    culprit_tool    INTEGER,
    culprit_harness INTEGER,
    categories      TEXT, -- JSON list of strings
    comment         TEXT,
    misc            TEXT, -- JSON object
    UNIQUE (id, version)
) STRICT;
CREATE INDEX issues_timestamp ON issues (_timestamp);

CREATE TABLE incidents (
    _timestamp    INTEGER NOT NULL,
    id            TEXT NOT NULL UNIQUE,
    origin        TEXT NOT NULL,
    issue_id      TEXT NOT NULL,
    issue_version INTEGER NOT NULL,
    build_id      TEXT,
    test_id       TEXT,
    present       INTEGER,
    comment       TEXT,
    misc          TEXT -- JSON object
) STRICT;
CREATE INDEX incidents_timestamp ON incidents (_timestamp);
CREATE INDEX incidents_issue ON incidents (issue_id, issue_version);
CREATE INDEX incidents_build ON incidents (build_id) WHERE build_id IS NOT NULL;
CREATE INDEX incidents_test ON incidents (test_id) WHERE test_id IS NOT NULL;
