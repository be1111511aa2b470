-- The times of properties that are older than _timestamp, the newest one of their
-- object: it was reported in pieces. NULL, as nearly always, where none is. For each
-- of them the number of the property (see store.Units), and how many microseconds
-- older it is, as varints. NULL is no bytes in the rows there are, which stay as
-- they are.
ALTER TABLE checkouts ADD COLUMN times BLOB;
ALTER TABLE builds ADD COLUMN times BLOB;
ALTER TABLE tests ADD COLUMN times BLOB;
ALTER TABLE issues ADD COLUMN times BLOB;
ALTER TABLE incidents ADD COLUMN times BLOB;
