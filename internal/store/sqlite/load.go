// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Load merges the objects of r into the database in one transaction.
func (s *Store) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	l := loader{arrival: s.now().UnixMicro(), metadata: opts.Metadata, changes: &store.Changes{}}
	err := s.update(ctx, func(tx *sql.Tx) error {
		l.tx = tx
		l.excerpts = excerptWriter{tx: tx}
		for i := range tables {
			if err := l.loadTable(&tables[i], r); err != nil {
				return err
			}
		}
		return saveReceipts(tx, opts.Receipts)
	})
	if err != nil {
		return nil, s.failure(ctx, "load", err)
	}
	return l.changes, nil
}

// loader loads a report within a transaction.
//
// Its statements run without a context, for watching one costs as much as a
// row: database/sql ends the transaction, and so the next statement, when the
// transaction's own context is done.
type loader struct {
	tx       *sql.Tx
	arrival  int64 // the time of loading, microseconds
	metadata bool  // whether objects keep their own
	excerpts excerptWriter
	changes  *store.Changes
}

// loadTable loads the objects of a list. Nearly all objects are new, so each
// is inserted, and looked at again only where that did nothing: one statement
// and one walk down each index for an object.
func (l *loader) loadTable(t *table, r *report.Report) error {
	var insert *sql.Stmt
	var merge merger
	done := make(map[store.Key]bool)
	for row := range t.rows(r) {
		if insert == nil { // the list has objects: worth preparing for
			var err error
			if insert, err = l.tx.Prepare(t.insertSQL()); err != nil {
				return err
			}
			defer insert.Close()
			merge = merger{tx: l.tx, table: t}
			defer merge.close()
		}
		if row[0] == nil || !l.metadata {
			row[0] = l.arrival
		}
		if t.excerpt >= 0 && row[t.excerpt] != nil {
			id, err := l.excerpts.id(row[t.excerpt].(string))
			if err != nil {
				return err
			}
			row[t.excerpt] = id
		}
		result, err := insert.Exec(row...)
		if err != nil {
			return err
		}
		inserted, _ := result.RowsAffected() // the engine always knows
		changed := inserted == 1
		if !changed {
			if changed, err = merge.row(row); err != nil {
				return err
			}
		}
		if key := t.key(row); changed && !done[key] {
			done[key] = true
			l.changes.Objects = append(l.changes.Objects, store.Change{List: t.list, Key: key, Created: inserted == 1})
		}
	}
	return nil
}

// merger merges rows into those of the same objects that are there.
type merger struct {
	tx                  *sql.Tx
	table               *table
	find, update, touch *sql.Stmt // prepared with the first row
	stored              []any     // rowid and columns of the row there
	destinations        []any     // pointers to stored's elements
}

func (m *merger) prepare() (err error) {
	if m.find, err = m.tx.Prepare(m.table.selectSQL()); err != nil {
		return err
	}
	if m.update, err = m.tx.Prepare(m.table.updateSQL()); err != nil {
		return err
	}
	if m.touch, err = m.tx.Prepare(m.table.touchSQL()); err != nil {
		return err
	}
	m.stored = make([]any, 1+len(m.table.columns))
	for i := range m.stored {
		m.destinations = append(m.destinations, &m.stored[i])
	}
	return nil
}

func (m *merger) close() {
	for _, s := range []*sql.Stmt{m.find, m.update, m.touch} {
		if s != nil {
			s.Close()
		}
	}
}

// row merges a row into the one of its object, and tells whether that changed
// anything but the timestamp.
func (m *merger) row(row []any) (bool, error) {
	if m.find == nil {
		if err := m.prepare(); err != nil {
			return false, err
		}
	}
	if err := m.find.QueryRow(row[1 : 1+m.table.keys]...).Scan(m.destinations...); err != nil {
		return false, err
	}
	rowid, stored := m.stored[0], m.stored[1:]
	before := stored[0]
	if mergeRow(stored, row) {
		_, err := m.update.Exec(append(stored, rowid)...)
		return true, err
	}
	if stored[0] == before {
		return false, nil
	}
	_, err := m.touch.Exec(stored[0], rowid)
	return false, err
}

// mergeRow merges a row into an older or newer one of the same object, and
// tells whether that changed anything but the timestamp, the first value.
func mergeRow(stored, loaded []any) (changed bool) {
	newer := loaded[0].(int64) >= stored[0].(int64)
	for i := 1; i < len(stored); i++ {
		if loaded[i] != nil && loaded[i] != stored[i] && (newer || stored[i] == nil) {
			stored[i] = loaded[i]
			changed = true
		}
	}
	if newer {
		stored[0] = loaded[0]
	}
	return changed
}
