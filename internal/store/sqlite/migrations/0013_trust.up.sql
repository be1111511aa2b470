-- Who may submit and read, what became of each object of a submission, and a log that shows
-- alterations. Texts that are absent are '', times are microseconds since 1970 UTC, and 0 is
-- no time.

-- Tokens that were made or revoked: see package registry.
CREATE TABLE tokens (
    id      TEXT NOT NULL PRIMARY KEY, -- auth.ID
    origins TEXT NOT NULL,             -- sorted, with commas between them
    roles   TEXT NOT NULL,             -- likewise
    note    TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Origins that asked for a token, or that an administrator added.
CREATE TABLE origins (
    name      TEXT NOT NULL PRIMARY KEY,
    state     TEXT NOT NULL,    -- requested, approved, refused
    contact   TEXT NOT NULL,    -- address of mails
    hook      TEXT NOT NULL,    -- URL of a webhook
    requested INTEGER NOT NULL,
    decided   INTEGER NOT NULL,
    code      TEXT NOT NULL,    -- hash of the code that fetches the token, '' if it was fetched
    expires   INTEGER NOT NULL  -- of the token
) STRICT, WITHOUT ROWID;

-- Facts about the database itself.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A database that took reports before tokens were bound to origins only warns at first.
INSERT INTO settings SELECT 'origins', 'warn' WHERE EXISTS (SELECT 1 FROM checkouts) OR EXISTS (SELECT 1 FROM builds)
    OR EXISTS (SELECT 1 FROM tests) OR EXISTS (SELECT 1 FROM issues) OR EXISTS (SELECT 1 FROM receipts);

ALTER TABLE receipts ADD COLUMN token TEXT NOT NULL DEFAULT '';       -- ID of the token
ALTER TABLE receipts ADD COLUMN version TEXT NOT NULL DEFAULT '';     -- of the report, as written
ALTER TABLE receipts ADD COLUMN digest TEXT NOT NULL DEFAULT '';      -- SHA-256 of the report as received, in hex
ALTER TABLE receipts ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;  -- objects that were not loaded
ALTER TABLE receipts ADD COLUMN details BLOB NOT NULL DEFAULT X'';    -- what became of each object
CREATE INDEX receipts_origin ON receipts (origin, finished);

-- The tray: objects that were not loaded, because they have faults.
CREATE TABLE rejected (
    submission TEXT NOT NULL,
    list       TEXT NOT NULL,
    place      INTEGER NOT NULL, -- in the list of the report
    origin     TEXT NOT NULL,    -- of the submitter
    object_id  TEXT NOT NULL,
    received   INTEGER NOT NULL, -- when its submission was received
    data       BLOB NOT NULL,    -- a report with this object alone, compressed
    faults     TEXT NOT NULL,    -- JSON
    state      TEXT NOT NULL,    -- waiting, corrected, dropped
    settled    INTEGER NOT NULL,
    settled_by TEXT NOT NULL,    -- the submission that has the object without faults
    PRIMARY KEY (submission, list, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX rejected_object ON rejected (list, object_id) WHERE state = 'waiting';
CREATE INDEX rejected_waiting ON rejected (received, submission) WHERE state = 'waiting';

-- The log of submissions and decisions. Each row has a hash of its values and of the hash
-- before it, so that a row that was altered or removed shows. Only a hash that was noted shows
-- that rows were removed from the end.
CREATE TABLE ledger (
    number  INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,    -- submission, token made, ...
    subject TEXT NOT NULL,    -- ID of a submission or a token, name of an origin
    origin  TEXT NOT NULL,
    token   TEXT NOT NULL,    -- ID of the token that was used
    digest  TEXT NOT NULL,    -- of a submission
    hash    TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_subject ON ledger (subject);

-- Logs of which the service keeps a copy, and logs that it could not fetch.
CREATE TABLE logs (
    url     TEXT NOT NULL PRIMARY KEY,
    digest  TEXT NOT NULL,
    settled INTEGER NOT NULL, -- when it was fetched or failed for good; 0 if it waits
    failure TEXT NOT NULL,
    due     INTEGER NOT NULL, -- when to try again; 0 if the log is here, or will never be
    tries   INTEGER NOT NULL  -- how often its host failed
) STRICT, WITHOUT ROWID;
CREATE INDEX logs_due ON logs (due) WHERE due > 0;
CREATE INDEX logs_settled ON logs (settled) WHERE settled > 0;
