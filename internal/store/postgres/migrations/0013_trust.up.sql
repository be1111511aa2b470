-- Who may submit and read, what became of each object of a submission, and a log that shows
-- alterations. Texts that are absent are '', times are microseconds since 1970 UTC, and 0 is
-- no time.

-- Tokens that were made or revoked: see package registry.
CREATE TABLE tokens (
    id      text COLLATE "C" NOT NULL PRIMARY KEY, -- auth.ID
    origins text COLLATE "C" NOT NULL,             -- sorted, with commas between them
    roles   text COLLATE "C" NOT NULL,             -- likewise
    note    text COLLATE "C" NOT NULL,
    created bigint NOT NULL,
    expires bigint NOT NULL,
    revoked bigint NOT NULL
);

-- Origins that asked for a token, or that an administrator added.
CREATE TABLE origins (
    name      text COLLATE "C" NOT NULL PRIMARY KEY,
    state     text COLLATE "C" NOT NULL,    -- requested, approved, refused
    contact   text COLLATE "C" NOT NULL,    -- address of mails
    hook      text COLLATE "C" NOT NULL,    -- URL of a webhook
    requested bigint NOT NULL,
    decided   bigint NOT NULL,
    code      text COLLATE "C" NOT NULL,    -- hash of the code that fetches the token, '' if it was fetched
    expires   bigint NOT NULL  -- of the token
);

-- Facts about the database itself.
CREATE TABLE settings (
    name  text COLLATE "C" NOT NULL PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- A database that took reports before tokens were bound to origins only warns at first.
INSERT INTO settings SELECT 'origins', 'warn' WHERE EXISTS (SELECT 1 FROM checkouts) OR EXISTS (SELECT 1 FROM builds)
    OR EXISTS (SELECT 1 FROM tests) OR EXISTS (SELECT 1 FROM issues) OR EXISTS (SELECT 1 FROM receipts);

ALTER TABLE receipts ADD COLUMN token text COLLATE "C" NOT NULL DEFAULT '';       -- ID of the token
ALTER TABLE receipts ADD COLUMN version text COLLATE "C" NOT NULL DEFAULT '';     -- of the report, as written
ALTER TABLE receipts ADD COLUMN digest text COLLATE "C" NOT NULL DEFAULT '';      -- SHA-256 of the report as received, in hex
ALTER TABLE receipts ADD COLUMN rejected bigint NOT NULL DEFAULT 0;  -- objects that were not loaded
ALTER TABLE receipts ADD COLUMN details bytea NOT NULL DEFAULT '';    -- what became of each object
CREATE INDEX receipts_origin ON receipts (origin, finished);

-- The tray: objects that were not loaded, because they have faults.
CREATE TABLE rejected (
    submission text COLLATE "C" NOT NULL,
    list       text COLLATE "C" NOT NULL,
    place      bigint NOT NULL, -- in the list of the report
    origin     text COLLATE "C" NOT NULL,    -- of the submitter
    object_id  text COLLATE "C" NOT NULL,
    received   bigint NOT NULL, -- when its submission was received
    data       bytea NOT NULL,    -- a report with this object alone, compressed
    faults     text COLLATE "C" NOT NULL,    -- JSON
    state      text COLLATE "C" NOT NULL,    -- waiting, corrected, dropped
    settled    bigint NOT NULL,
    settled_by text COLLATE "C" NOT NULL,    -- the submission that has the object without faults
    PRIMARY KEY (submission, list, place)
);
CREATE INDEX rejected_object ON rejected (list, object_id) WHERE state = 'waiting';
CREATE INDEX rejected_waiting ON rejected (received, submission) WHERE state = 'waiting';

-- The log of submissions and decisions. Each row has a hash of its values and of the hash
-- before it, so that a row that was altered or removed shows. Only a hash that was noted shows
-- that rows were removed from the end.
CREATE TABLE ledger (
    number  bigint NOT NULL PRIMARY KEY,
    at      bigint NOT NULL,
    kind    text COLLATE "C" NOT NULL,    -- submission, token made, ...
    subject text COLLATE "C" NOT NULL,    -- ID of a submission or a token, name of an origin
    origin  text COLLATE "C" NOT NULL,
    token   text COLLATE "C" NOT NULL,    -- ID of the token that was used
    digest  text COLLATE "C" NOT NULL,    -- of a submission
    hash    text COLLATE "C" NOT NULL
);
CREATE INDEX ledger_subject ON ledger (subject);

-- Logs of which the service keeps a copy, and logs that it could not fetch.
CREATE TABLE logs (
    url     text COLLATE "C" NOT NULL PRIMARY KEY,
    digest  text COLLATE "C" NOT NULL,
    settled bigint NOT NULL, -- when it was fetched or failed for good; 0 if it waits
    failure text COLLATE "C" NOT NULL,
    due     bigint NOT NULL, -- when to try again; 0 if the log is here, or will never be
    tries   bigint NOT NULL  -- how often its host failed
);
CREATE INDEX logs_due ON logs (due) WHERE due > 0;
CREATE INDEX logs_settled ON logs (settled) WHERE settled > 0;
