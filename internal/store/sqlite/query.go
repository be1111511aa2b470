// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Query notes the identities of the objects asked for, and then reads each list in the
// order of the IDs.
func (s *snapshot) Query(ctx context.Context, q *store.Query, sets *sqldb.Sets) error {
	if err := s.do(ctx, func(tx *sql.Tx) error { return s.wanted.find(ctx, tx, q) }); err != nil {
		return err
	}
	p := s.pagesInto(sets)
	for i := range tables {
		t := &tables[i]
		if more, err := p.read(ctx, t, s.wanted.readSQL(t), [2]any{"", int64(0)}, string(t.List)); !more {
			return err
		}
	}
	return nil
}

// step leads from the objects of one list to their children in another list, whose
// columns hold the identity of the parent.
type step struct {
	parent, child store.List
	columns       string
}

// steps are in the order from ancestors to descendants.
var steps = []step{
	{store.Checkouts, store.Builds, "checkout_id"},
	{store.Builds, store.Tests, "build_id"},
	{store.Builds, store.Incidents, "build_id"},
	{store.Tests, store.Incidents, "test_id"},
	{store.Issues, store.Incidents, "issue_id issue_version"},
}

// wantedTable is a temporary table of the identities of objects. The objects may be missing:
// the tests of a missing build are its children all the same. SQLite moves a large table
// to disk.
type wantedTable struct{ table string }

func (s *Store) newWanted() wantedTable {
	return wantedTable{fmt.Sprintf("temp.wanted_%d", s.queries.Add(1))}
}

// create creates the table, unless it exists. The column that distinguishes objects with
// the same ID has no type, because a hash of digits must not become a number.
func (w wantedTable) create(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+w.table+
		" (list TEXT, id TEXT, version, PRIMARY KEY (list, id, version)) WITHOUT ROWID")
	return err
}

// find adds the identities of all objects of a query to the table.
func (w wantedTable) find(ctx context.Context, tx *sql.Tx, q *store.Query) error {
	if err := w.create(ctx, tx); err != nil {
		return err
	}
	if err := w.addKeys(ctx, tx, q); err != nil {
		return err
	}
	if q.Parents {
		for _, s := range slices.Backward(steps) {
			if _, err := tx.ExecContext(ctx, w.parentsSQL(s)); err != nil {
				return err
			}
		}
	}
	if q.Children {
		for _, s := range steps {
			if _, err := tx.ExecContext(ctx, w.childrenSQL(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w wantedTable) addKeys(ctx context.Context, tx *sql.Tx, q *store.Query) error {
	insert, err := tx.PrepareContext(ctx, "INSERT OR IGNORE INTO "+w.table+" VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	ids := map[store.List][]string{
		store.Checkouts: q.Checkouts, store.Builds: q.Builds, store.Tests: q.Tests, store.Incidents: q.Incidents,
	}
	for list, ids := range ids {
		for _, id := range ids {
			if _, err := insert.ExecContext(ctx, string(list), id, 0); err != nil {
				return err
			}
		}
	}
	for _, key := range q.Issues {
		if _, err := insert.ExecContext(ctx, string(store.Issues), key.ID, key.Version); err != nil {
			return err
		}
	}
	return nil
}

// parentsSQL adds the parents of a step to the table. CROSS JOIN, here and below, keeps
// the order of the loops: it loops over the identities in the table, and not over all
// objects.
func (w wantedTable) parentsSQL(s step) string {
	parent := strings.Fields(s.columns + " 0")[:2] // an identity without a version has 0
	return fmt.Sprintf(`INSERT OR IGNORE INTO %s SELECT '%s', o.%s, %s
		FROM %[1]s w CROSS JOIN %[5]s o ON o.id = w.id WHERE w.list = '%[5]s' AND o.%[3]s IS NOT NULL`,
		w.table, s.parent, parent[0], parent[1], s.child)
}

// childrenSQL adds the children of a step to the table.
func (w wantedTable) childrenSQL(s step) string {
	parent := strings.Fields(s.columns)
	on := "o." + parent[0] + " = w.id"
	if len(parent) == 2 {
		on += " AND o." + parent[1] + " = w.version"
	}
	return fmt.Sprintf(`INSERT OR IGNORE INTO %s SELECT '%s', o.id, 0
		FROM %[1]s w CROSS JOIN %[2]s o ON %[3]s WHERE w.list = '%[4]s'`, w.table, s.child, on, s.parent)
}

// readSQL selects the objects of a list whose identities are in the table.
func (w wantedTable) readSQL(t *table) string {
	on := "o.id = w.id"
	if t.Keys == 2 {
		on += " AND o.version = w.version"
	}
	return "SELECT w.id, w.version, " + t.columnList() + " FROM " + w.table + " w CROSS JOIN " + string(t.List) + " o ON " + on + `
		WHERE (w.id, w.version) > (?, ?) AND w.list = ? ORDER BY w.id, w.version LIMIT ?`
}

func (w wantedTable) drop(tx *sql.Tx) error {
	_, err := tx.Exec("DROP TABLE IF EXISTS " + w.table)
	return err
}
