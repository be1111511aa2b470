// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// dialect implements sqldb.Dialect. Lists are JSON, and rows are written one by one.
// There is one writer, so that nothing has to be locked.
type dialect struct{}

func (dialect) Tests() string { return "tests" }

// Contents returns contents by their numbers, written as texts.
func (dialect) Contents(ctx context.Context, tx sqldb.Tx, names []string) (map[string]string, error) {
	texts := make(map[string]string, len(names))
	var name string
	var data any
	err := sqldb.Read(ctx, tx, "SELECT CAST(id AS text), data FROM contents WHERE id IN (SELECT CAST(value AS integer) FROM json_each($1))",
		[]any{string(columns.AppendTexts(nil, names))}, []any{&name, &data}, func() (err error) {
			texts[name], err = unpack(data)
			return err
		})
	return texts, err
}

// Excerpt returns the number of the content: all excerpts are contents.
func (dialect) Excerpt(store.List) string { return sqldb.Text("o.log_excerpt") }

func (dialect) List(texts []string) any { return string(columns.AppendTexts(nil, texts)) }

func (dialect) Numbers(numbers []int64) any {
	text, err := jsonv2.Marshal(numbers)
	if err != nil {
		panic(err) // numbers are JSON
	}
	return string(text)
}

func (dialect) In(expression string, n int) string {
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", expression, n)
}

func (d dialect) InMany(expression string, n int) string { return d.In(expression, n) }

// InIDs has a list of lists for the IDs of a type with two fields.
func (dialect) InIDs(_ object.Type, columns []string, n int) string {
	if len(columns) == 1 {
		return dialect{}.In(columns[0], n)
	}
	return fmt.Sprintf("(%s) IN (SELECT value ->> 0, value ->> 1 FROM json_each($%d))", strings.Join(columns, ", "), n)
}

func (dialect) IDs(t object.Type, ids []object.ID) []any {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		if len(t.Fields()) == 1 {
			b, _ = jsontext.AppendQuote(b, id[0]) // IDs are valid UTF-8
			continue
		}
		b, _ = jsontext.AppendQuote(append(b, '['), id[0])
		b = append(b, ',')
		if t == object.TypeIssueVersion {
			b = append(b, id[1]...)
		} else {
			b, _ = jsontext.AppendQuote(b, id[1])
		}
		b = append(b, ']')
	}
	return []any{string(append(b, ']'))}
}

func (dialect) Patchset(checkout string) string {
	return fmt.Sprintf("coalesce(%[1]s.patchset_hash, CASE WHEN %[1]s.patchset_files IS NULL THEN '' END)", checkout)
}

// Place returns the number of the row, which all indexes have.
func (dialect) Place([]string) []string { return []string{"rowid"} }

// Runs returns the order of the index by build and path. Each test that behind leaves
// out costs an entry of the index. NULL sorts before the empty path, and a key has the
// path "" for both. If the test was purged, its place among the tests of its path is
// unknown: all of them are behind, because a test twice in a list is better than a test
// in no list.
func (dialect) Runs(path, id string) (order [2]string, behind string) {
	return [2]string{"o.path", "o.rowid"}, fmt.Sprintf(`(o.path > %[1]s OR coalesce(o.path, '') = %[1]s
		AND ((o.path IS NOT NULL, o.rowid) > (SELECT t.path IS NOT NULL, t.rowid FROM tests t WHERE t.id = %[2]s)
			OR NOT EXISTS (SELECT 1 FROM tests t WHERE t.id = %[2]s)))`, path, id)
}

func (dialect) Indexed(index string) string { return " INDEXED BY " + index }

// Unsearched returns an expression that no index has.
func (dialect) Unsearched(column string) string { return "+" + column }

func (dialect) Components(path string) string {
	rest := fmt.Sprintf("substr(%s, instr(%[1]s, '.') + 1)", path)
	return fmt.Sprintf(`coalesce(CASE WHEN instr(%[1]s, '.') = 0 OR instr(%[2]s, '.') = 0 THEN %[1]s
		ELSE substr(%[1]s, 1, instr(%[1]s, '.') + instr(%[2]s, '.') - 1) END, '')`, path, rest)
}

func (dialect) Micros(column string) string { return "coalesce(" + column + ", 0)" }
func (dialect) Moment(n int) string         { return fmt.Sprintf("$%d", n) }
func (dialect) JSON(column string) string   { return sqldb.Text(column) }

func (dialect) Insert(table string, columns []sqldb.Column) string {
	var values []string
	for i := range columns {
		values = append(values, fmt.Sprintf("$%d", i+1))
	}
	return "INSERT INTO " + table + " (" + sqldb.Names(columns) + ") VALUES (" + strings.Join(values, ", ") + ")"
}

func (dialect) Delete(table string, columns []sqldb.Column) string {
	var conditions []string
	for i, c := range columns {
		conditions = append(conditions, sqldb.Equals(table+"."+c.Name, i+1))
	}
	return "DELETE FROM " + table + " WHERE " + strings.Join(conditions, " AND ")
}

func (dialect) Source(columns []sqldb.Column) string {
	var values []string
	for i, c := range columns {
		values = append(values, fmt.Sprintf("$%d AS %s", i+1, c.Name))
	}
	return "(SELECT " + strings.Join(values, ", ") + ") AS r"
}

func (dialect) Field(_ []sqldb.Column, n int) string { return fmt.Sprintf("$%d", n+1) }

func (dialect) Concurrent() bool                                       { return false }
func (dialect) ForUpdate() string                                      { return "" }
func (dialect) SkipLocked() string                                     { return "" }
func (dialect) Lock(context.Context, sqldb.Tx, sqldb.Lock, bool) error { return nil }
func (dialect) Shard() string                                          { return "0" }
