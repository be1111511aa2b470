-- The excerpt of the test's log that its CI system reported, line by line.
-- The times are made up to keep the lines in order.
SELECT
    $__timeFrom()::timestamptz + lines.place * interval '1 millisecond' AS "time",
    rtrim(lines.line, E'\r') AS "line"
FROM tests
CROSS JOIN LATERAL regexp_split_to_table(tests.log_excerpt, E'\n') WITH ORDINALITY AS lines (line, place)
WHERE tests.id = ${id:sqlstring}
ORDER BY lines.place
