-- Verdicts of the results of each revision: see package verdicts. All rows are derived from
-- the objects. Texts that are absent are '', times are microseconds since 1970 UTC, and a
-- key is a hash.

-- Checkouts whose results changed, and that wait to be judged.
CREATE TABLE changed_checkouts (
    checkout_id TEXT NOT NULL PRIMARY KEY,
    changed     INTEGER NOT NULL -- greater after each change
) STRICT, WITHOUT ROWID;

-- Branches of trees. Tree is '' if checkouts do not name one.
CREATE TABLE branches (
    key     INTEGER NOT NULL PRIMARY KEY,
    tree    TEXT NOT NULL,
    name    TEXT NOT NULL,
    url     TEXT NOT NULL,    -- of the repository, as the newest revision has it
    patched INTEGER NOT NULL, -- 1 if all its revisions have patches
    head    INTEGER NOT NULL  -- start of the newest revision; of one without patches, if there is one
) STRICT;
CREATE INDEX branches_head ON branches (head);
CREATE INDEX branches_tree ON branches (tree, name);

-- Revisions, each on one branch: a commit on two branches has two rows.
CREATE TABLE revisions (
    key           INTEGER NOT NULL PRIMARY KEY,
    branch        INTEGER NOT NULL,
    patched       INTEGER NOT NULL, -- 1 if it has patches
    commit_hash   TEXT NOT NULL,
    patchset_hash TEXT NOT NULL,
    commit_name   TEXT NOT NULL,
    url           TEXT NOT NULL,
    start         INTEGER NOT NULL, -- the first start of its checkouts, or else their arrival
    version       INTEGER NOT NULL, -- greater after each change of its results or of earlier revisions
    done          INTEGER NOT NULL, -- the version that was judged; it waits if that is smaller
    due           INTEGER NOT NULL, -- not to be judged earlier
    changed       INTEGER NOT NULL, -- when its rows changed last
    judged        INTEGER NOT NULL, -- 0 until it was judged
    counts        TEXT NOT NULL,    -- numbers of results: kind, verdict, number, ...
    causes        TEXT NOT NULL     -- numbers of causes: verdict, number, ...
) STRICT;
CREATE INDEX revisions_branch ON revisions (branch, patched, start, key);
CREATE INDEX revisions_commit ON revisions (commit_hash, patchset_hash);
CREATE INDEX revisions_name ON revisions (commit_name) WHERE commit_name <> '';
CREATE INDEX revisions_waiting ON revisions (start, key) WHERE version > done;

-- The revision that each checkout was last found to belong to.
CREATE TABLE revision_checkouts (
    checkout_id TEXT NOT NULL PRIMARY KEY,
    revision    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_checkouts_revision ON revision_checkouts (revision);

-- Numbers of results by group: see verdicts.Group.
CREATE TABLE verdict_counts (
    revision INTEGER NOT NULL,
    level    INTEGER NOT NULL, -- 1, 2
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,    -- build, boot, test
    verdict  INTEGER NOT NULL, -- index in verdict.Kinds
    n        INTEGER NOT NULL,
    PRIMARY KEY (revision, level, name, kind, verdict)
) STRICT, WITHOUT ROWID;

-- Builds and tests that are not simply OK or skipped.
CREATE TABLE verdicts (
    revision      INTEGER NOT NULL,
    verdict       INTEGER NOT NULL, -- index in verdict.Kinds
    path          TEXT NOT NULL,
    object_id     TEXT NOT NULL,
    kind          TEXT NOT NULL,    -- build, boot, test
    platform      TEXT NOT NULL,
    architecture  TEXT NOT NULL,
    config_name   TEXT NOT NULL,
    compiler      TEXT NOT NULL,
    lab           TEXT NOT NULL,
    origin        TEXT NOT NULL,
    status        TEXT NOT NULL,
    cause         INTEGER NOT NULL,
    title         TEXT NOT NULL,
    fault         TEXT NOT NULL,    -- the line of the log that says why it failed
    since         INTEGER NOT NULL, -- the revision since which it fails, 0 for none
    since_open    INTEGER NOT NULL, -- 1 if it may fail for longer
    issue_id      TEXT NOT NULL,
    issue_version INTEGER NOT NULL,
    start         INTEGER NOT NULL, -- of the revision
    PRIMARY KEY (revision, verdict, path, object_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_object ON verdicts (object_id);
CREATE INDEX verdicts_platform ON verdicts (platform, start) WHERE platform <> '';
CREATE INDEX verdicts_cause ON verdicts (revision, cause);

-- Results of a revision with the same verdict for the same reason.
CREATE TABLE causes (
    revision      INTEGER NOT NULL,
    key           INTEGER NOT NULL,
    verdict       INTEGER NOT NULL,
    kind          TEXT NOT NULL,    -- of its first result
    title         TEXT NOT NULL,
    fault         TEXT NOT NULL,
    path          TEXT NOT NULL,    -- of its first result, as the next four
    platform      TEXT NOT NULL,
    architecture  TEXT NOT NULL,
    config_name   TEXT NOT NULL,
    compiler      TEXT NOT NULL,
    results       INTEGER NOT NULL,
    variants      INTEGER NOT NULL,
    since         INTEGER NOT NULL,
    since_open    INTEGER NOT NULL,
    issue_id      TEXT NOT NULL,
    issue_version INTEGER NOT NULL,
    example       TEXT NOT NULL,    -- ID of a build or test
    PRIMARY KEY (revision, key)
) STRICT, WITHOUT ROWID;

-- Existing checkouts have to be judged once.
INSERT INTO changed_checkouts SELECT id, 0 FROM checkouts;
