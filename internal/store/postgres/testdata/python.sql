-- The tables of the Python system's schema 5.3, with its indexes: the
-- benchmarks compare with them, and the driver refuses a database that has them.
CREATE TYPE status AS ENUM ('FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP');
CREATE TYPE unit_prefix AS ENUM ('metric', 'binary');
CREATE FUNCTION get_version() RETURNS integer LANGUAGE sql AS 'SELECT 5003';
CREATE TABLE checkouts (
    _timestamp timestamptz, id text NOT NULL PRIMARY KEY, origin text NOT NULL, tree_name text, git_repository_url text,
    git_commit_hash text, git_commit_name text, git_repository_branch text, patchset_files jsonb, patchset_hash text,
    message_id text, comment text, start_time timestamptz, log_url text, log_excerpt varchar(16384), valid boolean,
    misc jsonb, git_commit_tags text[], git_commit_message text, git_repository_branch_tip boolean,
    origin_builds_finish_time timestamptz, origin_tests_finish_time timestamptz);
CREATE INDEX ON checkouts (_timestamp);
CREATE INDEX ON checkouts (git_commit_hash, patchset_hash);
CREATE INDEX ON checkouts USING gin (git_commit_tags);
CREATE INDEX ON checkouts (git_repository_branch);
CREATE INDEX ON checkouts (git_repository_url);
CREATE INDEX ON checkouts (git_repository_url);
CREATE INDEX ON checkouts (origin);
CREATE INDEX ON checkouts (origin_builds_finish_time);
CREATE INDEX ON checkouts (origin_tests_finish_time);
CREATE INDEX ON checkouts (start_time);
CREATE INDEX ON checkouts (tree_name);
CREATE INDEX ON checkouts (valid);
CREATE TABLE builds (
    _timestamp timestamptz, checkout_id text NOT NULL, id text NOT NULL PRIMARY KEY, origin text NOT NULL, comment text,
    start_time timestamptz, duration float8, architecture text, command text, compiler text, input_files jsonb,
    output_files jsonb, config_name text, config_url text, log_url text, log_excerpt varchar(16384), misc jsonb, status status);
CREATE INDEX ON builds (_timestamp);
CREATE INDEX ON builds (architecture);
CREATE INDEX ON builds (checkout_id);
CREATE INDEX ON builds (compiler);
CREATE INDEX ON builds (config_name);
CREATE INDEX ON builds (origin);
CREATE INDEX ON builds (start_time);
CREATE INDEX ON builds (status);
CREATE TABLE tests (
    _timestamp timestamptz, build_id text NOT NULL, id text NOT NULL PRIMARY KEY, origin text NOT NULL,
    environment_comment text, environment_misc jsonb, path text, comment text, log_url text, log_excerpt varchar(16384),
    status status, start_time timestamptz, duration float8, output_files jsonb, misc jsonb, environment_compatible text[],
    number_value float8, number_unit text, number_prefix unit_prefix, input_files jsonb);
CREATE INDEX ON tests (_timestamp);
CREATE INDEX ON tests (build_id);
CREATE INDEX ON tests USING gin (environment_compatible);
CREATE INDEX ON tests (number_unit);
CREATE INDEX ON tests (number_value);
CREATE INDEX ON tests (origin);
CREATE INDEX ON tests (path);
CREATE INDEX ON tests (start_time);
CREATE INDEX ON tests (status);
CREATE TABLE issues (
    _timestamp timestamptz, id text NOT NULL, version integer NOT NULL, origin text NOT NULL, report_url text,
    report_subject text, culprit_code boolean, culprit_tool boolean, culprit_harness boolean, comment text, misc jsonb,
    categories text[], PRIMARY KEY (id, version));
CREATE INDEX ON issues (_timestamp);
CREATE INDEX ON issues USING gin (categories);
CREATE INDEX ON issues (culprit_code);
CREATE INDEX ON issues (culprit_harness);
CREATE INDEX ON issues (culprit_tool);
CREATE INDEX ON issues (origin);
CREATE INDEX ON issues (report_url);
CREATE TABLE incidents (
    _timestamp timestamptz, id text NOT NULL PRIMARY KEY, origin text NOT NULL, issue_id text NOT NULL,
    issue_version integer NOT NULL, build_id text, test_id text, present boolean, comment text, misc jsonb);
CREATE INDEX ON incidents (_timestamp);
CREATE INDEX ON incidents (build_id);
CREATE INDEX ON incidents (issue_id);
CREATE INDEX ON incidents (issue_version);
CREATE INDEX ON incidents (origin);
CREATE INDEX ON incidents (present);
CREATE INDEX ON incidents (test_id);
