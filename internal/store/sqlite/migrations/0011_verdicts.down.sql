DROP TABLE causes;
DROP TABLE verdicts;
DROP TABLE verdict_counts;
DROP TABLE revision_checkouts;
DROP TABLE revisions;
DROP TABLE branches;
DROP TABLE changed_checkouts;
