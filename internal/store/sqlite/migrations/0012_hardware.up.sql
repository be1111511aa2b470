-- Indexes for the pages of hardware. Platforms with longer names are not in them, because
-- PostgreSQL limits the size of a row of an index.
CREATE INDEX hardware_counts_platform ON hardware_counts (platform, day) WHERE length(platform) <= 200;
CREATE INDEX test_counts_platform ON test_counts (build_id, platform) WHERE length(platform) <= 200;
-- The tests of a build that measured a number.
CREATE INDEX tests_number ON tests (build_id) WHERE number_value IS NOT NULL;
