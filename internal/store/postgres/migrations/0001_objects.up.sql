-- The objects of reports. Programs that read the Python system's database read
-- this one: the relations checkouts, builds, tests, issues and incidents have the
-- columns and types of its schema 5.3, in its order; our columns are behind them.
-- tests is a view, the others are tables, with primary keys that a GROUP BY may
-- lean on. NULL is a field that is absent. Parents may be missing, so there are
-- no foreign keys.
--
-- _timestamp is when the object last arrived; the index on it serves dumps
-- within bounds, purging, and the first and last modification times. Each
-- other index is a step between parents and children. Names people do not
-- write sort by bytes: comparing them in a language costs most of an index.

CREATE TYPE status AS ENUM ('FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP');
CREATE TYPE unit_prefix AS ENUM ('metric', 'binary');

-- Values of tests that are long and the same in many of them, each distinct one
-- kept once: log excerpts are most of the bytes of reports, and mostly repeats.
-- A row is named by its content, so that loaders need not ask for its name. Two
-- that find the same new one at the same moment both put it here: being unique,
-- the index would have one wait until all of the other's load is done.
CREATE TABLE contents (
    hash uuid NOT NULL, -- the first 16 bytes of the SHA-256 of data
    data text NOT NULL  -- text, or a list or an object as JSON
);
CREATE INDEX contents_hash ON contents (hash);
-- Compressed in the row: it is read whole or not at all, by its hash.
ALTER TABLE contents ALTER data SET STORAGE MAIN;

-- Contents that lost a reference, some of them twice. Loaders take out the contents they
-- use, and the sweep at the end of a purge removes contents without any reference.
CREATE TABLE doomed (
    hash   uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY -- larger for rows noted after a sweep began
);
CREATE INDEX doomed_hash ON doomed (hash);

CREATE TABLE checkouts (
    _timestamp                timestamptz NOT NULL,
    id                        text COLLATE "C" PRIMARY KEY,
    origin                    text COLLATE "C" NOT NULL,
    tree_name                 text COLLATE "C",
    git_repository_url        text COLLATE "C",
    git_commit_hash           text COLLATE "C",
    git_commit_name           text COLLATE "C",
    git_repository_branch     text COLLATE "C",
    patchset_files            jsonb,            -- list of {name, url}
    -- Readers look for '' if a checkout has no patches, which most origins do not report.
    patchset_hash             text COLLATE "C" GENERATED ALWAYS AS (CASE
        WHEN patchset_hash_given IS NOT NULL THEN patchset_hash_given
        WHEN git_commit_hash IS NOT NULL AND patchset_files IS NULL THEN ''
    END) STORED,
    message_id                text,
    comment                   text,
    start_time                timestamptz,
    log_url                   text,
    log_excerpt               varchar(16384),
    valid                     boolean,
    misc                      jsonb,
    git_commit_tags           text[],
    git_commit_message        text,
    git_repository_branch_tip boolean,
    origin_builds_finish_time timestamptz,
    origin_tests_finish_time  timestamptz,
    patchset_hash_given       text COLLATE "C"  -- as it was reported
);
CREATE INDEX checkouts_timestamp ON checkouts (_timestamp);
CREATE INDEX checkouts_revision ON checkouts (git_commit_hash, patchset_hash);

CREATE TABLE builds (
    _timestamp   timestamptz NOT NULL,
    checkout_id  text COLLATE "C" NOT NULL,
    id           text COLLATE "C" PRIMARY KEY,
    origin       text COLLATE "C" NOT NULL,
    comment      text,
    start_time   timestamptz,
    duration     float8,           -- seconds
    architecture text COLLATE "C",
    command      text,
    compiler     text COLLATE "C",
    input_files  jsonb,            -- list of {name, url}
    output_files jsonb,            -- list of {name, url}
    config_name  text COLLATE "C",
    config_url   text,
    log_url      text,
    log_excerpt  varchar(16384),
    misc         jsonb,
    status       status,
    -- As schema 4 had it.
    valid        boolean GENERATED ALWAYS AS (CASE status WHEN 'PASS' THEN true WHEN 'FAIL' THEN false END) STORED
);
CREATE INDEX builds_timestamp ON builds (_timestamp);
CREATE INDEX builds_checkout ON builds (checkout_id);

-- The rows of the view tests. The columns are in the order that wastes the least
-- space on alignment.
CREATE TABLE test_rows (
    _timestamp             timestamptz NOT NULL,
    start_time             timestamptz,
    duration               float8, -- seconds
    number_value           float8,
    status                 status,
    number_prefix          unit_prefix,
    environment_compatible uuid,   -- a content: JSON list of strings
    environment_misc       uuid,   -- a content: JSON object
    log_url                uuid,   -- a content
    input_files            uuid,   -- a content: JSON list of {name, url}
    output_files           uuid,   -- a content: JSON list of {name, url}
    id                     text COLLATE "C" PRIMARY KEY,
    build_id               text COLLATE "C" NOT NULL,
    origin                 text COLLATE "C" NOT NULL,
    path                   text COLLATE "C",
    -- A zero and the hash of a content. Or a one and the text itself, if the text is
    -- short: a line of a log has the time in it, so it does not recur.
    log_excerpt            bytea,
    comment                text,
    environment_comment    text,
    number_unit            text,
    misc                   text    -- JSON object
);
CREATE INDEX test_rows_timestamp ON test_rows (_timestamp);
CREATE INDEX test_rows_build ON test_rows (build_id);

-- If a test gets another content, its old content has lost a reference. (The purge
-- notes the contents of the tests that it removes.)
CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO doomed SELECT DISTINCT before FROM (VALUES
        (OLD.environment_compatible, NEW.environment_compatible),
        (OLD.environment_misc, NEW.environment_misc),
        (OLD.log_url, NEW.log_url),
        (OLD.input_files, NEW.input_files),
        (OLD.output_files, NEW.output_files),
        (CASE get_byte(OLD.log_excerpt, 0) WHEN 0 THEN encode(substr(OLD.log_excerpt, 2), 'hex')::uuid END,
            CASE get_byte(NEW.log_excerpt, 0) WHEN 0 THEN encode(substr(NEW.log_excerpt, 2), 'hex')::uuid END)
    ) AS c(before, after) WHERE before IS DISTINCT FROM after AND before IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER test_rows_doom AFTER UPDATE ON test_rows FOR EACH ROW
    WHEN (OLD.environment_compatible IS DISTINCT FROM NEW.environment_compatible
        OR OLD.environment_misc IS DISTINCT FROM NEW.environment_misc
        OR OLD.log_url IS DISTINCT FROM NEW.log_url
        OR OLD.log_excerpt IS DISTINCT FROM NEW.log_excerpt
        OR OLD.input_files IS DISTINCT FROM NEW.input_files
        OR OLD.output_files IS DISTINCT FROM NEW.output_files)
    EXECUTE FUNCTION doom();

-- Contents are looked up for the columns that are asked for, and no others.
CREATE VIEW tests AS SELECT
    _timestamp,
    build_id,
    id,
    origin,
    environment_comment,
    (SELECT data::jsonb FROM contents WHERE hash = t.environment_misc LIMIT 1) AS environment_misc,
    path,
    comment,
    (SELECT data FROM contents WHERE hash = t.log_url LIMIT 1) AS log_url,
    CASE get_byte(log_excerpt, 0)
        WHEN 0 THEN (SELECT data FROM contents WHERE hash = encode(substr(t.log_excerpt, 2), 'hex')::uuid LIMIT 1)
        ELSE convert_from(substr(log_excerpt, 2), 'UTF8')
    END::varchar(16384) AS log_excerpt,
    status,
    start_time,
    duration,
    (SELECT data::jsonb FROM contents WHERE hash = t.output_files LIMIT 1) AS output_files,
    misc::jsonb AS misc,
    (SELECT ARRAY(SELECT jsonb_array_elements_text(data::jsonb)) FROM contents
        WHERE hash = t.environment_compatible LIMIT 1) AS environment_compatible,
    number_value,
    number_unit,
    number_prefix,
    (SELECT data::jsonb FROM contents WHERE hash = t.input_files LIMIT 1) AS input_files,
    false AS waived -- as schema 4 had it
FROM test_rows t;

CREATE TABLE issues (
    _timestamp      timestamptz NOT NULL,
    id              text COLLATE "C" NOT NULL,
    version         integer NOT NULL,
    origin          text COLLATE "C" NOT NULL,
    report_url      text,
    report_subject  text,
    culprit_code    boolean,
    culprit_tool    boolean,
    culprit_harness boolean,
    comment         text,
    misc            jsonb,
    categories      text[],
    PRIMARY KEY (id, version)
);
CREATE INDEX issues_timestamp ON issues (_timestamp);

CREATE TABLE incidents (
    _timestamp    timestamptz NOT NULL,
    id            text COLLATE "C" PRIMARY KEY,
    origin        text COLLATE "C" NOT NULL,
    issue_id      text COLLATE "C" NOT NULL,
    issue_version integer NOT NULL,
    build_id      text COLLATE "C",
    test_id       text COLLATE "C",
    present       boolean,
    comment       text,
    misc          jsonb
);
CREATE INDEX incidents_timestamp ON incidents (_timestamp);
CREATE INDEX incidents_issue ON incidents (issue_id, issue_version);
CREATE INDEX incidents_build ON incidents (build_id) WHERE build_id IS NOT NULL;
CREATE INDEX incidents_test ON incidents (test_id) WHERE test_id IS NOT NULL;

-- Long values are compressed by lz4 where the server has it: from version 14
-- on, and built with it.
DO $$
DECLARE
    c record;
BEGIN
    IF current_setting('server_version_num')::int < 140000 THEN
        RETURN;
    END IF;
    FOR c IN
        SELECT attrelid::regclass AS relation, attname AS column FROM pg_attribute
        WHERE attrelid = ANY (ARRAY['contents', 'checkouts', 'builds', 'test_rows', 'issues', 'incidents']::regclass[])
            AND attnum > 0 AND attstorage IN ('x', 'm')
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER %I SET COMPRESSION lz4', c.relation, c.column);
    END LOOP;
EXCEPTION WHEN feature_not_supported THEN
    NULL; -- the server has its own compression only
END
$$;

-- Functions that SQL written for the Python system's database calls.

CREATE FUNCTION get_version() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 5003';

CREATE FUNCTION format_cached_url(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';

-- The first, and the last, value that is not null. Being strict skips the nulls.
CREATE FUNCTION first_of_two(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';
CREATE AGGREGATE first(anyelement) (SFUNC = first_of_two, STYPE = anyelement);
CREATE FUNCTION last_of_two(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $2';
CREATE AGGREGATE last(anyelement) (SFUNC = last_of_two, STYPE = anyelement);
