-- The outcomes of submissions. The index serves the removal of old rows.
CREATE TABLE receipts (
    id       text COLLATE "C" PRIMARY KEY, -- of the submission
    origin   text COLLATE "C" NOT NULL,    -- the submitter, '' if submissions need no token
    received timestamptz NOT NULL,
    finished timestamptz NOT NULL,
    bytes    bigint NOT NULL,              -- of the report, decompressed
    objects  integer NOT NULL,             -- in the report
    failure  text NOT NULL                 -- why it was given up, '' when it was loaded
);
CREATE INDEX receipts_finished ON receipts (finished);
