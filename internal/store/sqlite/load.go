// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Load merges the objects of r into the database in one transaction.
func (s *Store) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	l := loader{arrival: s.now().UnixMicro(), metadata: opts.Metadata, changes: &store.Changes{}}
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := refuseLoaded(tx, opts.Receipts); err != nil {
			return err
		}
		l.tx = tx
		l.contents = contentWriter{tx: tx}
		l.counts = counter{tx: tx}
		for i := range tables {
			if err := l.load(&tables[i], r); err != nil {
				return err
			}
		}
		if !s.uncounted {
			if err := l.counts.apply(ctx); err != nil {
				return err
			}
		}
		if opts.Note {
			if err := note(ctx, tx, l.arrival, l.changes.Objects); err != nil {
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
	contents contentWriter
	counts   counter
	changes  *store.Changes
}

// load loads the objects of a list. Nearly all objects are new, so each is
// inserted, and looked at again only where that did nothing: one statement and
// one walk down each index for an object.
func (l *loader) load(t *table, r *report.Report) error {
	var m *merger                     // prepared with the first object
	listed := make(map[store.Key]int) // which of the changes, counted from 1
	for row := range t.rows(r) {
		if m == nil {
			m = &merger{tx: l.tx, table: t}
			defer m.close()
			if err := m.prepare(&m.insert, t.insertSQL()); err != nil {
				return err
			}
		}
		untimed := l.metadata && row[0] == nil
		if untimed || !l.metadata {
			row[0] = l.arrival
		}
		var counted [2]any // the contents that a test is counted by
		if t.list == store.Tests {
			counted = [2]any{row[testCompatible], row[testMisc]}
		}
		if err := l.contents.put(row, t.contents); err != nil {
			return err
		}
		if t.list == store.Tests {
			l.counts.keep(counted, row)
		}
		result, err := m.insert.Exec(row...)
		if err != nil {
			return err
		}
		inserted, _ := result.RowsAffected() // the engine always knows
		change := store.Change{List: t.list, Key: t.key(row), Created: inserted == 1, Now: t.statusOf(row)}
		changed := change.Created
		if !changed {
			if changed, err = m.merge(row, untimed, &change, &l.counts); err != nil {
				return err
			}
		} else if err := l.counts.changed(t, nil, row); err != nil {
			return err
		}
		switch n := listed[change.Key]; {
		case !changed:
		case n > 0:
			l.changes.Objects[n-1].Now = change.Now
		default:
			l.changes.Objects = append(l.changes.Objects, change)
			listed[change.Key] = len(l.changes.Objects)
		}
	}
	return nil
}

// merger puts rows into a table.
type merger struct {
	tx                          *sql.Tx
	table                       *table
	insert, find, update, touch *sql.Stmt // prepared when first needed
}

func (m *merger) prepare(statement **sql.Stmt, query string) (err error) {
	if *statement == nil {
		*statement, err = m.tx.Prepare(query)
	}
	return err
}

func (m *merger) close() {
	for _, s := range []*sql.Stmt{m.insert, m.find, m.update, m.touch} {
		if s != nil {
			s.Close()
		}
	}
}

// merge merges a row into the one of its object that is there, and tells
// whether that changed anything but the timestamp. It completes the change. An
// untimed row takes the stored row's timestamp.
func (m *merger) merge(row []any, untimed bool, change *store.Change, counts *counter) (bool, error) {
	if err := m.prepare(&m.find, m.table.selectSQL()); err != nil {
		return false, err
	}
	found := make([]any, 1+len(row)) // the rowid, and the columns
	destinations := make([]any, len(found))
	for i := range found {
		destinations[i] = &found[i]
	}
	if err := m.find.QueryRow(row[1 : 1+m.table.keys]...).Scan(destinations...); err != nil {
		return false, err
	}
	rowid, stored := found[0], found[1:]
	if untimed {
		row[0] = stored[0]
	}
	before := slices.Clone(stored)
	changed := mergeRow(stored, row)
	change.Was, change.Now = m.table.statusOf(before), m.table.statusOf(stored)
	if changed {
		if err := counts.changed(m.table, before, stored); err != nil {
			return false, err
		}
		if err := m.prepare(&m.update, m.table.updateSQL()); err != nil {
			return false, err
		}
		_, err := m.update.Exec(append(stored, rowid)...)
		return true, err
	}
	if stored[0] == before[0] {
		return false, nil
	}
	counts.touched(m.table, stored)
	if err := m.prepare(&m.touch, m.table.touchSQL()); err != nil {
		return false, err
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
