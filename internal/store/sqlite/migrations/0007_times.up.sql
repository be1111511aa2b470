-- The times of properties that are older than _timestamp, because their object was
-- reported in pieces. It is NULL, as nearly always, if no property is older. Else it has,
-- for each such property, its number (see package columns) and how many microseconds it
-- is older, as varints. Existing rows stay as they are, because NULL takes no bytes.
ALTER TABLE checkouts ADD COLUMN times BLOB;
ALTER TABLE builds ADD COLUMN times BLOB;
ALTER TABLE tests ADD COLUMN times BLOB;
ALTER TABLE issues ADD COLUMN times BLOB;
ALTER TABLE incidents ADD COLUMN times BLOB;
