-- The excerpt of the build's log that its CI system reported, line by line.
-- The times are made up to keep the lines in order.
SELECT
    TIMESTAMP_ADD(TIMESTAMP_MILLIS(${__from}), INTERVAL place + 1 MILLISECOND) AS `time`,
    RTRIM(line, '\r') AS `line`
FROM builds, UNNEST(SPLIT(log_excerpt, '\n')) AS line WITH OFFSET AS place
WHERE id = ${id:singlequote}
ORDER BY place
