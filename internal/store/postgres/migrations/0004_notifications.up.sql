-- Changes and notifications. Times are microseconds since 1970 UTC. The same
-- statements use these tables in all databases: see package spool.

-- The process that considers the changes. If there is a row, loads note their changes.
CREATE TABLE watch (
    one    integer PRIMARY KEY CHECK (one = 1),
    holder text COLLATE "C" NOT NULL,    -- the process that considers now
    until  bigint NOT NULL  -- until when no other process does
);

-- The changes of a transaction each, until they are considered.
CREATE TABLE changes (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      bigint NOT NULL,
    objects bigint NOT NULL,
    data    bytea NOT NULL
);

CREATE TABLE notifications (
    number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription text COLLATE "C" NOT NULL,
    object_type  text COLLATE "C" NOT NULL,
    object_id    text COLLATE "C" NOT NULL,    -- its fields, with line ends between
    message      text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL,    -- waiting, ready, done, dropped
    first        bigint NOT NULL, -- change
    changed      bigint NOT NULL, -- last
    due          bigint NOT NULL,
    finished     bigint NOT NULL, -- 0 while it is not
    picked       bigint NOT NULL, -- until when a process has it, 0 if none has
    reason       text COLLATE "C" NOT NULL,
    was          text COLLATE "C" NOT NULL,    -- the status before the first change
    created      bigint NOT NULL,  -- 1 where the object was new then
    subject      text COLLATE "C" NOT NULL,
    body         text COLLATE "C" NOT NULL,
    thread       text COLLATE "C" NOT NULL,
    UNIQUE (object_type, object_id, subscription, message)
);
CREATE INDEX notifications_due ON notifications (due) WHERE state = 'waiting';
CREATE INDEX notifications_finished ON notifications (finished);
CREATE INDEX notifications_subscription ON notifications (subscription, number);

CREATE TABLE deliveries (
    number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification bigint NOT NULL,
    via          text COLLATE "C" NOT NULL,    -- mail, webhook:NAME, feed
    recipient    text COLLATE "C" NOT NULL,
    header       text COLLATE "C" NOT NULL,    -- to, cc, bcc
    state        text COLLATE "C" NOT NULL,    -- waiting, sent, failed, held, digested
    due          bigint NOT NULL,
    picked       bigint NOT NULL, -- until when a process has it, 0 if none has
    attempts     bigint NOT NULL,
    error        text COLLATE "C" NOT NULL,    -- of the last attempt
    at           bigint NOT NULL
);
CREATE INDEX deliveries_notification ON deliveries (notification);
CREATE INDEX deliveries_due ON deliveries (due) WHERE state = 'waiting';
CREATE INDEX deliveries_recipient ON deliveries (lower(recipient), at);

-- Counters of subscriptions, a row for each day (UTC).
CREATE TABLE considered (
    subscription text COLLATE "C" NOT NULL,
    day          text COLLATE "C" NOT NULL,
    objects      bigint NOT NULL,
    matched      bigint NOT NULL,
    errors       bigint NOT NULL,
    last_error   text COLLATE "C" NOT NULL,
    PRIMARY KEY (subscription, day)
);

-- The status that objects had when they were last considered, where changes do not tell.
CREATE TABLE statuses (
    object_type text COLLATE "C" NOT NULL,
    object_id   text COLLATE "C" NOT NULL,
    status      text COLLATE "C" NOT NULL,
    at          bigint NOT NULL,
    PRIMARY KEY (object_type, object_id)
);

