// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// shape describes each relation, column, index, constraint, type and function in a
// database, except the server's own.
func shape(t testing.TB, s *Store) []string {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), `
		SELECT 'relation ' || relname || ' ' || relkind::text || ' ' || coalesce(pg_get_viewdef(CASE relkind WHEN 'v' THEN oid END), '')
			FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S', 'm')
		UNION ALL SELECT 'column ' || attrelid::regclass::text || '.' || attname || ' ' || row_number() OVER (PARTITION BY attrelid ORDER BY attnum) || ' ' || format_type(atttypid, atttypmod) ||
				CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END || ' ' || attstorage::text || attcompression::text || ' ' || attcollation::regcollation::text ||
				' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
			FROM pg_attribute LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum JOIN pg_class c ON c.oid = attrelid
			WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
		UNION ALL SELECT pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' invalid' END
			FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
		UNION ALL SELECT 'constraint ' || conrelid::regclass::text || ' ' || pg_get_constraintdef(oid)
			FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT 'type ' || typname || ' ' || coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '')
			FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
		UNION ALL SELECT 'function ' || oid::regprocedure::text || ' ' || prokind::text || ' ' || prosrc || ' ' || prorettype::regtype::text
			FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}
