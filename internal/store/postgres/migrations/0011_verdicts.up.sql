-- Verdicts of the results of each revision: see package verdicts. All rows are derived from
-- the objects. Texts that are absent are '', times are microseconds since 1970 UTC, and a
-- key is a hash.

-- Checkouts whose results changed, and that wait to be judged.
CREATE TABLE changed_checkouts (
    checkout_id text COLLATE "C" NOT NULL PRIMARY KEY,
    changed     bigint NOT NULL -- greater after each change
);

-- Branches of trees. Tree is '' if checkouts do not name one.
CREATE TABLE branches (
    key     bigint NOT NULL PRIMARY KEY,
    tree    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    url     text COLLATE "C" NOT NULL,    -- of the repository, as the newest revision has it
    patched bigint NOT NULL, -- 1 if all its revisions have patches
    head    bigint NOT NULL  -- start of the newest revision; of one without patches, if there is one
);
CREATE INDEX branches_head ON branches (head);
CREATE INDEX branches_tree ON branches (tree, name);

-- Revisions, each on one branch: a commit on two branches has two rows.
CREATE TABLE revisions (
    key           bigint NOT NULL PRIMARY KEY,
    branch        bigint NOT NULL,
    patched       bigint NOT NULL, -- 1 if it has patches
    commit_hash   text COLLATE "C" NOT NULL,
    patchset_hash text COLLATE "C" NOT NULL,
    commit_name   text COLLATE "C" NOT NULL,
    url           text COLLATE "C" NOT NULL,
    start         bigint NOT NULL, -- the first start of its checkouts, or else their arrival
    version       bigint NOT NULL, -- greater after each change of its results or of earlier revisions
    done          bigint NOT NULL, -- the version that was judged; it waits if that is smaller
    due           bigint NOT NULL, -- not to be judged earlier
    changed       bigint NOT NULL, -- when its rows changed last
    judged        bigint NOT NULL, -- 0 until it was judged
    counts        text COLLATE "C" NOT NULL,    -- numbers of results: kind, verdict, number, ...
    causes        text COLLATE "C" NOT NULL     -- numbers of causes: verdict, number, ...
);
CREATE INDEX revisions_branch ON revisions (branch, patched, start, key);
CREATE INDEX revisions_commit ON revisions (commit_hash, patchset_hash);
CREATE INDEX revisions_name ON revisions (commit_name) WHERE commit_name <> '';
CREATE INDEX revisions_waiting ON revisions (start, key) WHERE version > done;

-- The revision that each checkout was last found to belong to.
CREATE TABLE revision_checkouts (
    checkout_id text COLLATE "C" NOT NULL PRIMARY KEY,
    revision    bigint NOT NULL
);
CREATE INDEX revision_checkouts_revision ON revision_checkouts (revision);

-- Numbers of results by group: see verdicts.Group.
CREATE TABLE verdict_counts (
    revision bigint NOT NULL,
    level    bigint NOT NULL, -- 1, 2
    name     text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL,    -- build, boot, test
    verdict  bigint NOT NULL, -- index in verdict.Kinds
    n        bigint NOT NULL,
    PRIMARY KEY (revision, level, name, kind, verdict)
);

-- Builds and tests that are not simply OK or skipped.
CREATE TABLE verdicts (
    revision      bigint NOT NULL,
    verdict       bigint NOT NULL, -- index in verdict.Kinds
    path          text COLLATE "C" NOT NULL,
    object_id     text COLLATE "C" NOT NULL,
    kind          text COLLATE "C" NOT NULL,    -- build, boot, test
    platform      text COLLATE "C" NOT NULL,
    architecture  text COLLATE "C" NOT NULL,
    config_name   text COLLATE "C" NOT NULL,
    compiler      text COLLATE "C" NOT NULL,
    lab           text COLLATE "C" NOT NULL,
    origin        text COLLATE "C" NOT NULL,
    status        text COLLATE "C" NOT NULL,
    cause         bigint NOT NULL,
    title         text COLLATE "C" NOT NULL,
    fault         text COLLATE "C" NOT NULL,    -- the line of the log that says why it failed
    since         bigint NOT NULL, -- the revision since which it fails, 0 for none
    since_open    bigint NOT NULL, -- 1 if it may fail for longer
    issue_id      text COLLATE "C" NOT NULL,
    issue_version bigint NOT NULL,
    start         bigint NOT NULL, -- of the revision
    PRIMARY KEY (revision, verdict, path, object_id, kind)
);
CREATE INDEX verdicts_object ON verdicts (object_id);
CREATE INDEX verdicts_platform ON verdicts (platform, start) WHERE platform <> '';
CREATE INDEX verdicts_cause ON verdicts (revision, cause);

-- Results of a revision with the same verdict for the same reason.
CREATE TABLE causes (
    revision      bigint NOT NULL,
    key           bigint NOT NULL,
    verdict       bigint NOT NULL,
    kind          text COLLATE "C" NOT NULL,    -- of its first result
    title         text COLLATE "C" NOT NULL,
    fault         text COLLATE "C" NOT NULL,
    path          text COLLATE "C" NOT NULL,    -- of its first result, as the next four
    platform      text COLLATE "C" NOT NULL,
    architecture  text COLLATE "C" NOT NULL,
    config_name   text COLLATE "C" NOT NULL,
    compiler      text COLLATE "C" NOT NULL,
    results       bigint NOT NULL,
    variants      bigint NOT NULL,
    since         bigint NOT NULL,
    since_open    bigint NOT NULL,
    issue_id      text COLLATE "C" NOT NULL,
    issue_version bigint NOT NULL,
    example       text COLLATE "C" NOT NULL,    -- ID of a build or test
    PRIMARY KEY (revision, key)
);

-- Existing checkouts have to be judged once.
INSERT INTO changed_checkouts SELECT id, 0 FROM checkouts;
