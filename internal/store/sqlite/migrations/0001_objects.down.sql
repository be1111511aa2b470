DROP TABLE incidents;
DROP TABLE issues;
DROP TABLE tests;
DROP TABLE builds;
DROP TABLE checkouts;
DROP TABLE contents;
