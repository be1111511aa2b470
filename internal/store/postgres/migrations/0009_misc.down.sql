-- The view as it was before.
CREATE OR REPLACE VIEW tests AS SELECT
    _timestamp,
    build_id,
    id,
    origin,
    environment_comment,
    (SELECT data::jsonb FROM contents WHERE hash = t.environment_misc LIMIT 1) AS environment_misc,
    path,
    comment,
    (SELECT data FROM contents WHERE hash = t.log_url LIMIT 1) AS log_url,
    CASE get_byte(log_excerpt, 0)
        WHEN 0 THEN (SELECT data FROM contents WHERE hash = encode(substr(t.log_excerpt, 2), 'hex')::uuid LIMIT 1)
        ELSE convert_from(substr(log_excerpt, 2), 'UTF8')
    END::varchar(16384) AS log_excerpt,
    status,
    start_time,
    duration,
    (SELECT data::jsonb FROM contents WHERE hash = t.output_files LIMIT 1) AS output_files,
    misc::jsonb AS misc,
    (SELECT ARRAY(SELECT jsonb_array_elements_text(data::jsonb)) FROM contents
        WHERE hash = t.environment_compatible LIMIT 1) AS environment_compatible,
    number_value,
    number_unit,
    number_prefix,
    (SELECT data::jsonb FROM contents WHERE hash = t.input_files LIMIT 1) AS input_files,
    false AS waived -- as schema 4 had it
FROM test_rows t;
