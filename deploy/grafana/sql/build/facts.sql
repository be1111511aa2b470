-- The properties that the CI system reported for the build.
SELECT facts.name AS "Fact", facts.value AS "Value"
FROM builds
CROSS JOIN LATERAL (
    VALUES
        (1, 'Comment', builds.comment),
        (2, 'Origin', builds.origin),
        (3, 'Architecture', builds.architecture),
        (4, 'Configuration', builds.config_name),
        (5, 'Compiler', builds.compiler),
        (6, 'Command', builds.command),
        (7, 'Started', to_char(builds.start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (8, 'Arrived', to_char(builds._timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')),
        (9, 'Anything else', jsonb_pretty(builds.misc))
) AS facts (place, name, value)
WHERE builds.id = ${id:sqlstring}
    AND facts.value <> ''
ORDER BY facts.place
