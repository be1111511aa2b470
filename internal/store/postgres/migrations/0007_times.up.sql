-- The times of properties that are older than _timestamp, the newest one of their
-- object: it was reported in pieces. NULL, as nearly always, where none is; else by
-- the number of the property (see store.Units), NULL for the others. The rows there
-- are stay as they are.
ALTER TABLE checkouts ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE builds ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE test_rows ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE issues ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE incidents ADD COLUMN IF NOT EXISTS times timestamptz[];
