-- The properties that the CI system reported for the build.
SELECT facts.name AS `Fact`, facts.value AS `Value`
FROM builds
CROSS JOIN UNNEST([
    STRUCT(1 AS place, 'Comment' AS name, builds.comment AS value),
    (2, 'Origin', builds.origin),
    (3, 'Architecture', builds.architecture),
    (4, 'Configuration', builds.config_name),
    (5, 'Compiler', builds.compiler),
    (6, 'Command', builds.command),
    (7, 'Started', FORMAT_TIMESTAMP('%F %T UTC', builds.start_time)),
    (8, 'Arrived', FORMAT_TIMESTAMP('%F %T UTC', builds._timestamp)),
    (9, 'Anything else', builds.misc)
]) AS facts
WHERE builds.id = ${id:singlequote}
    AND facts.value <> ''
ORDER BY facts.place
