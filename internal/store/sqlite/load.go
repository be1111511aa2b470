// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// Load merges the objects of r into the database in one transaction.
func (s *Store) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	l := loader{metadata: opts.Metadata, changes: &store.Changes{}}
	err := s.update(ctx, func(tx *sql.Tx) error {
		at := opts.Arrival
		if at.IsZero() {
			var err error
			if at, err = s.next(ctx, tx); err != nil {
				return err
			}
		}
		l.arrival = at.UnixMicro()
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
		if err := sqldb.KeepReceipts(ctx, sqlTx{tx}, dialect{}, &opts, l.changes.Objects); err != nil {
			return err
		}
		if err := tray.Keep(ctx, sqlTx{tx}, dialect{}, &opts); err != nil {
			return err
		}
		if err := sqldb.NoteReceived(ctx, sqlTx{tx}, dialect{}, opts.Receipts); err != nil || !opts.Note {
			return err
		}
		return sqldb.NoteChanges(ctx, sqlTx{tx}, s.now().UnixMicro(), l.changes.Objects)
	})
	if err != nil {
		return nil, s.failure(ctx, "load", err)
	}
	return l.changes, nil
}

// loader loads a report within a transaction.
//
// Its statements run without a context, because watching a context costs as much as
// inserting a row. If the context of the transaction is done, database/sql ends the
// transaction, and so the next statement fails.
type loader struct {
	tx       *sql.Tx
	arrival  int64 // the time of loading, microseconds
	metadata bool  // whether objects keep their own
	contents contentWriter
	counts   counter
	changes  *store.Changes
}

// load loads the objects of a list. Nearly all objects are new, so load inserts each
// object first, and reads the existing row only if the insertion did nothing. A new
// object costs one statement and one walk down each index.
func (l *loader) load(t *table, r *report.Report) error {
	var m *merger // prepared with the first object
	for v := range merging.Versions(&t.Table, r, l.arrival, l.metadata) {
		if m == nil {
			m = &merger{tx: l.tx, table: t, counts: &l.counts}
			defer m.close()
			if err := m.prepare(&m.insert, t.insertSQL()); err != nil {
				return err
			}
		}
		untimed := v.Row[timestampColumn] == nil
		if untimed {
			v.Row[timestampColumn] = l.arrival
		}
		var counted [2]any // the contents that a test is counted by
		if t.List == store.Tests {
			counted = [2]any{v.Row[testCompatible], v.Row[testEnvironment]}
		}
		if err := l.contents.put(v.Row, t.contents); err != nil {
			return err
		}
		if t.List == store.Tests {
			l.counts.keepTexts(counted, v.Row)
		}
		result, err := m.insert.Exec(append(v.Row, blob(times(v)))...)
		if err != nil {
			return err
		}
		inserted, _ := result.RowsAffected() // the engine always knows
		change := store.Change{List: t.List, Key: merging.Key(&t.Table, v.Row), Created: inserted == 1, Now: t.statusOf(v.Row)}
		changed := change.Created
		if !changed {
			if changed, err = m.merge(v, untimed, &change); err != nil {
				return err
			}
		} else if err := l.counts.changed(t, nil, v.Row); err != nil {
			return err
		}
		if changed {
			l.changes.Objects = append(l.changes.Objects, change)
		}
	}
	return nil
}

// merger writes rows to a table.
type merger struct {
	tx                          *sql.Tx
	table                       *table
	counts                      *counter
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

// merge merges an object into its existing row, and reports whether that changed more
// than times. It completes the change. An object without a time takes the time of the
// row, and replaces the row's values.
func (m *merger) merge(v *merging.Version, untimed bool, change *store.Change) (bool, error) {
	if err := m.prepare(&m.find, m.table.selectSQL()); err != nil {
		return false, err
	}
	found := make([]any, 2+len(v.Row)) // the rowid, the times, and the columns
	destinations := make([]any, len(found))
	for i := range found {
		destinations[i] = &found[i]
	}
	if err := m.find.QueryRow(v.Row[1 : 1+m.table.Keys]...).Scan(destinations...); err != nil {
		return false, err
	}
	rowid, stored := found[0], merging.Version{Row: found[2:]}
	if err := readTimes(&stored, found[1], len(m.table.Units)); err != nil {
		return false, err
	}
	before, aged := slices.Clone(stored.Row), times(&stored)
	later := merging.Order{Table: &m.table.Table, Content: m.content}.IsGreater
	if untimed {
		v.Row[timestampColumn] = stored.Row[timestampColumn]
		later = merging.Always
	}
	changed, err := stored.Merge(v, m.table.Units, later)
	if err != nil {
		return false, err
	}
	change.Was, change.Now = m.table.statusOf(before), m.table.statusOf(stored.Row)
	newTimes := times(&stored)
	if changed {
		if err := m.counts.changed(m.table, before, stored.Row); err != nil {
			return false, err
		}
		if err := m.prepare(&m.update, m.table.updateSQL()); err != nil {
			return false, err
		}
		_, err := m.update.Exec(append(stored.Row, blob(newTimes), rowid)...)
		return true, err
	}
	if stored.Row[timestampColumn] == before[timestampColumn] && bytes.Equal(newTimes, aged) {
		return false, nil
	}
	m.counts.noteTouched(m.table, stored.Row)
	if err := m.prepare(&m.touch, m.table.touchSQL()); err != nil {
		return false, err
	}
	_, err = m.touch.Exec(stored.Row[timestampColumn], blob(newTimes), rowid)
	return false, err
}

// content returns the content that a value of a column refers to, or the value itself.
func (m *merger) content(column int, value any) (any, error) {
	if !m.table.isContent(column) {
		return value, nil
	}
	return m.counts.text(value)
}
