-- The excerpt of the checkout's log that its CI system reported, line by line.
-- The times are made up to keep the lines in order.
SELECT
    $__timeFrom()::timestamptz + lines.place * interval '1 millisecond' AS "time",
    rtrim(lines.line, E'\r') AS "line"
FROM checkouts
CROSS JOIN LATERAL regexp_split_to_table(checkouts.log_excerpt, E'\n') WITH ORDINALITY AS lines (line, place)
WHERE checkouts.id = ${id:sqlstring}
ORDER BY lines.place
