DROP TABLE IF EXISTS causes;
DROP TABLE IF EXISTS verdicts;
DROP TABLE IF EXISTS verdict_counts;
DROP TABLE IF EXISTS revision_checkouts;
DROP TABLE IF EXISTS revisions;
DROP TABLE IF EXISTS branches;
DROP TABLE IF EXISTS changed_checkouts;
