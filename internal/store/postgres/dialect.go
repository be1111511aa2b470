// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// dialect implements sqldb.Dialect. Lists are arrays, and so is each column of many
// rows.
type dialect struct{}

func (dialect) Tests() string { return "test_rows" }

// Contents returns contents by their hashes, written as the server writes a UUID.
func (dialect) Contents(ctx context.Context, tx sqldb.Tx, names []string) (map[string]string, error) {
	texts := make(map[string]string, len(names))
	if len(names) == 0 {
		return texts, nil
	}
	var name, text string
	err := sqldb.Read(ctx, tx, "SELECT hash::text, data FROM contents WHERE hash = ANY($1::text[]::uuid[])", []any{names}, []any{&name, &text},
		func() error { texts[name] = text; return nil })
	return texts, err
}

// Excerpt returns the hash of the content of a test, as the server writes it.
func (dialect) Excerpt(list store.List) string {
	if list != store.Tests {
		return "coalesce('=' || o.log_excerpt, '')"
	}
	return fmt.Sprintf(`coalesce(CASE get_byte(o.log_excerpt, 0)
		WHEN %d THEN encode(substr(o.log_excerpt, 2), 'hex')::uuid::text
		ELSE '=' || convert_from(substr(o.log_excerpt, 2), 'UTF8') END, '')`, longExcerpt)
}

func (dialect) List(texts []string) any     { return texts }
func (dialect) Numbers(numbers []int64) any { return numbers }
func (dialect) In(expression string, n int) string {
	return fmt.Sprintf("%s = ANY($%d)", expression, n)
}
func (dialect) InMany(expression string, n int) string {
	return fmt.Sprintf("%s IN (SELECT unnest($%d::text[]))", expression, n)
}

// InIDs has two arrays for the IDs of a type with two fields.
func (dialect) InIDs(t object.Type, columns []string, n int) string {
	if len(columns) == 1 {
		return fmt.Sprintf("%s = ANY($%d)", columns[0], n)
	}
	second := "text[]"
	if t == object.TypeIssueVersion {
		second = "text[]::int[]"
	}
	return fmt.Sprintf("(%s) IN (SELECT * FROM unnest($%d::text[], $%d::%s))", strings.Join(columns, ", "), n, n+1, second)
}

func (dialect) IDs(t object.Type, ids []object.ID) []any {
	first, second := make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		first[i], second[i] = id[0], id[1]
	}
	if len(t.Fields()) == 1 {
		return []any{first}
	}
	return []any{first, second}
}

// Patchset returns a column that has an empty text if there are no patches.
func (dialect) Patchset(checkout string) string { return checkout + ".patchset_hash" }

// Place returns the key, which has an index.
func (dialect) Place(key []string) []string { return key }

// Runs returns the path and the ID. The server reads the tests that behind leaves out from
// the index by build, because it reads the tests of a build to sort them anyway.
func (dialect) Runs(path, id string) (order [2]string, behind string) {
	order = [2]string{"coalesce(o.path, '')", "o.id"}
	return order, fmt.Sprintf("(%s, %s) > (%s, %s)", order[0], order[1], path, id)
}

func (dialect) Unsearched(column string) string { return column }

func (dialect) Indexed(string) string { return "" }

func (dialect) Components(path string) string {
	return "coalesce(array_to_string((string_to_array(" + path + ", '.'))[1:2], '.'), '')"
}

func (dialect) Micros(column string) string {
	return "coalesce((extract(epoch FROM " + column + ") * 1000000)::bigint, 0)"
}

func (dialect) Moment(n int) string { return timeExpression(fmt.Sprintf("$%d::bigint", n)) }

// timeExpression returns the expression of microseconds since 1970 as a time. The server
// multiplies an interval by a float8, which does not hold the microseconds of all times,
// but holds their seconds.
func timeExpression(micros string) string {
	return fmt.Sprintf("(timestamptz 'epoch' + %[1]s / 1000000 * interval '1 second' + %[1]s %% 1000000 * interval '1 microsecond')", micros)
}

func (dialect) JSON(column string) string {
	return "coalesce(CAST(to_json(" + column + ") AS text), '')"
}

func (d dialect) Insert(table string, columns []sqldb.Column) string {
	var values []string
	for _, c := range columns {
		value := "r." + c.Name
		if c.Type == sqldb.TimeColumn {
			value = timeExpression(value)
		}
		values = append(values, value)
	}
	return "INSERT INTO " + table + " (" + sqldb.Names(columns) + ") SELECT " + strings.Join(values, ", ") + " FROM " + d.Source(columns)
}

func (d dialect) Delete(table string, columns []sqldb.Column) string {
	var conditions []string
	for _, c := range columns {
		conditions = append(conditions, table+"."+c.Name+" = r."+c.Name)
	}
	return "DELETE FROM " + table + " USING " + d.Source(columns) + " WHERE " + strings.Join(conditions, " AND ")
}

func (dialect) Source(columns []sqldb.Column) string {
	var arrays []string
	for i, c := range columns {
		of := "bigint"
		switch c.Type {
		case sqldb.TextColumn:
			of = "text"
		case sqldb.BytesColumn:
			of = "bytea"
		}
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, of))
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS r(" + sqldb.Names(columns) + ")"
}

func (dialect) Field(columns []sqldb.Column, n int) string { return "r." + columns[n].Name }

func (dialect) Concurrent() bool   { return true }
func (dialect) ForUpdate() string  { return "FOR UPDATE" }
func (dialect) SkipLocked() string { return "FOR UPDATE SKIP LOCKED" }

// lockKeys is the first half of the keys of all our advisory locks: "kcid".
const lockKeys = 0x6b636964_00000000

func (dialect) Lock(ctx context.Context, tx sqldb.Tx, lock sqldb.Lock, alone bool) error {
	query := "SELECT pg_advisory_xact_lock_shared($1)"
	if alone {
		query = "SELECT pg_advisory_xact_lock($1)"
	}
	_, err := tx.Exec(ctx, query, lockKeys+int64(lock))
	return err
}

func (dialect) Shard() string { return "pg_backend_pid() % 16" }
