-- The times of properties that are older than _timestamp, because their object was
-- reported in pieces. It is NULL, as nearly always, if no property is older. Else it has
-- the times by the numbers of the properties (see package columns), NULL for properties
-- that are not older. Existing rows stay as they are.
ALTER TABLE checkouts ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE builds ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE test_rows ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE issues ADD COLUMN IF NOT EXISTS times timestamptz[];
ALTER TABLE incidents ADD COLUMN IF NOT EXISTS times timestamptz[];
