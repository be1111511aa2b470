-- The outcomes of submissions. The index serves the removal of old rows.
CREATE TABLE receipts (
    id       TEXT NOT NULL UNIQUE, -- of the submission
    origin   TEXT NOT NULL,        -- the submitter, '' if submissions need no token
    received INTEGER NOT NULL,     -- microseconds since 1970 UTC
    finished INTEGER NOT NULL,     -- microseconds since 1970 UTC
    bytes    INTEGER NOT NULL,     -- of the report, decompressed
    objects  INTEGER NOT NULL,     -- in the report
    failure  TEXT NOT NULL         -- why it was given up, '' when it was loaded
) STRICT;
CREATE INDEX receipts_finished ON receipts (finished);
