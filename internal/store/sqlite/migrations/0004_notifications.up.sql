-- Changes and notifications. Times are microseconds since 1970 UTC. The same
-- statements use these tables in all databases: see package spool.

-- The process that considers the changes. If there is a row, loads note their changes.
CREATE TABLE watch (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    holder TEXT NOT NULL,    -- the process that considers now
    until  INTEGER NOT NULL  -- until when no other process does
) STRICT;

-- The changes of a transaction each, until they are considered.
CREATE TABLE changes (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    data    BLOB NOT NULL
) STRICT;

CREATE TABLE notifications (
    number       INTEGER PRIMARY KEY,
    subscription TEXT NOT NULL,
    object_type  TEXT NOT NULL,
    object_id    TEXT NOT NULL,    -- its fields, with line ends between
    message      TEXT NOT NULL,
    state        TEXT NOT NULL,    -- waiting, ready, done, dropped
    first        INTEGER NOT NULL, -- change
    changed      INTEGER NOT NULL, -- last
    due          INTEGER NOT NULL,
    finished     INTEGER NOT NULL, -- 0 while it is not
    picked       INTEGER NOT NULL, -- until when a process has it, 0 if none has
    reason       TEXT NOT NULL,
    was          TEXT NOT NULL,    -- the status before the first change
    created      INTEGER NOT NULL,  -- 1 where the object was new then
    subject      TEXT NOT NULL,
    body         TEXT NOT NULL,
    thread       TEXT NOT NULL,
    UNIQUE (object_type, object_id, subscription, message)
) STRICT;
CREATE INDEX notifications_due ON notifications (due) WHERE state = 'waiting';
CREATE INDEX notifications_finished ON notifications (finished);
CREATE INDEX notifications_subscription ON notifications (subscription, number);

CREATE TABLE deliveries (
    number       INTEGER PRIMARY KEY,
    notification INTEGER NOT NULL,
    via          TEXT NOT NULL,    -- mail, webhook:NAME, feed
    recipient    TEXT NOT NULL,
    header       TEXT NOT NULL,    -- to, cc, bcc
    state        TEXT NOT NULL,    -- waiting, sent, failed, held, digested
    due          INTEGER NOT NULL,
    picked       INTEGER NOT NULL, -- until when a process has it, 0 if none has
    attempts     INTEGER NOT NULL,
    error        TEXT NOT NULL,    -- of the last attempt
    at           INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_notification ON deliveries (notification);
CREATE INDEX deliveries_due ON deliveries (due) WHERE state = 'waiting';
CREATE INDEX deliveries_recipient ON deliveries (lower(recipient), at);

-- Counters of subscriptions, a row for each day (UTC).
CREATE TABLE considered (
    subscription TEXT NOT NULL,
    day          TEXT NOT NULL,
    objects      INTEGER NOT NULL,
    matched      INTEGER NOT NULL,
    errors       INTEGER NOT NULL,
    last_error   TEXT NOT NULL,
    PRIMARY KEY (subscription, day)
) STRICT, WITHOUT ROWID;

-- The status that objects had when they were last considered, where changes do not tell.
CREATE TABLE statuses (
    object_type TEXT NOT NULL,
    object_id   TEXT NOT NULL,
    status      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (object_type, object_id)
) STRICT, WITHOUT ROWID;

-- The checkouts of a branch, to find earlier builds.
CREATE INDEX checkouts_branch ON checkouts (git_repository_url, git_repository_branch, start_time);
