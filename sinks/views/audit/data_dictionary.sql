SELECT
    full_name,
    position,
    column_name,
    column_type,
    parts[1] AS zh,
    parts[2] AS en,
    substring(arrayFirst(p -> startsWith(p, 'unit='), parts), 6) AS unit,
    substring(arrayFirst(p -> startsWith(p, 'src='), parts), 5) AS src
FROM
(
    SELECT full_name, position, column_name, column_type, splitByString(' | ', column_comment) AS parts
    FROM
    (
        SELECT
            concat(database, '.', table) AS full_name,
            position,
            name AS column_name,
            type AS column_type,
            comment AS column_comment
        FROM system.columns
        WHERE database IN ('raw', 'core', 'mart', 'ops', 'meta')
        /* columns of faces with parameters */
    )
)
