// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Runs returns the tests of builds as lists show them. Their order is noted in a
// temporary table, and they are read in pages.
func (s *Store) Runs(ctx context.Context, builds []string) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		if err := s.runs(ctx, builds, yield); err != nil {
			yield(store.Run{}, s.failure(ctx, "runs", err))
		}
	}
}

func (s *Store) runs(ctx context.Context, builds []string, yield func(store.Run, error) bool) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	w := s.newWanted()
	defer v.do(context.WithoutCancel(ctx), w.drop)
	if err := v.do(ctx, func(tx *sql.Tx) error { return w.noteRuns(ctx, tx, builds) }); err != nil {
		return err
	}
	var next store.Run
	noted := table{
		columns: []string{"id", "build_id", "origin", "path", "status", "start_time", "duration",
			"environment_compatible", "environment_misc", "log_url", "misc"},
		contents: []int{7, 8, 9},
		add:      func(_ *object.Set, v *values) { next = v.run() },
	}
	p := newPages(v, 1, false, func(*object.Set, error) bool { return yield(next, nil) })
	query := "SELECT number, 0, " + noted.columnList() + " FROM " + w.table + " CROSS JOIN tests o ON o.rowid = at WHERE number > ?1 ORDER BY number LIMIT ?3"
	_, err = p.read(ctx, &noted, query, [2]any{int64(0), int64(0)})
	return err
}

// noteRuns fills the table, which numbers tests in their order.
func (w wanted) noteRuns(ctx context.Context, tx *sql.Tx, builds []string) error {
	if _, err := tx.ExecContext(ctx, "CREATE TABLE "+w.table+" (number INTEGER PRIMARY KEY, at INTEGER)"); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+w.table+" (at) "+runsOfSQL)
	if err != nil {
		return err
	}
	defer insert.Close()
	noted := make(map[string]bool, len(builds))
	for _, build := range builds {
		if noted[build] {
			continue
		}
		noted[build] = true
		if _, err := insert.ExecContext(ctx, build); err != nil {
			return err
		}
	}
	return nil
}

// runsOfSQL selects where the tests of a build are, from the index alone.
const runsOfSQL = "SELECT rowid FROM tests WHERE build_id = ? ORDER BY path, rowid"

func (v *values) run() store.Run {
	text := func() string {
		if s := v.text(); s != nil {
			return *s
		}
		return ""
	}
	return store.Run{
		ID: v.required(), BuildID: v.required(), Origin: v.required(), Path: text(), Status: report.Status(text()),
		Start: v.time(), Duration: v.float(), Compatible: v.texts(), EnvironmentMisc: v.raw(), LogURL: text(), Misc: v.raw(),
	}
}
