// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/object"
)

// Outcomes returns what is needed of tests to sum them up.
func (s *Store) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return func(yield func(store.Outcome, error) bool) {
		var next store.Outcome
		var platforms rollup.Platforms
		outcomes := table{
			Table:    columns.Table{Columns: columns.OutcomeColumns},
			contents: []int{5},
			add: func(_ *object.Set, r *columns.Reader) error {
				o, environment, err := columns.ReadOutcome(r)
				o.Platform = platforms.Of(environment)
				next = o
				return err
			},
		}
		if err := s.eachTest(ctx, builds, notedOutcomes, &outcomes, func() bool { return yield(next, nil) }); err != nil {
			yield(store.Outcome{}, s.failure(ctx, "outcomes", err))
		}
	}
}

// noted is what is noted of tests, in the order they are wanted in, before they are
// read in pages.
type noted struct {
	columns string // of the temporary table, behind the number of the row
	of      string // selects them, of the tests of a build, in their order
	behind  string // selects those of a build that are behind a key: its build, path and ID
	after   store.RunKey
	tests   string // what the columns that are wanted are of: the table is "o"
}

// notedOutcomes are all that is wanted.
var notedOutcomes = noted{
	columns: "id, build_id, origin, path, status, environment_misc, start_time",
	of:      outcomesOfSQL,
	tests:   "%s o",
}

// outcomesOfSQL selects the outcomes of a build.
const outcomesOfSQL = `SELECT id, build_id, origin, coalesce(path, ''), coalesce(status, ''), environment_misc, start_time
	FROM tests WHERE build_id = ? ORDER BY 4, 1`

// eachTest calls f for each test of the builds, which the table has read before. It
// ends when f returns false.
func (s *Store) eachTest(ctx context.Context, builds []string, n noted, wanted *table, f func() bool) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	w := s.newWanted()
	defer v.do(context.WithoutCancel(ctx), w.drop)
	if err := v.do(ctx, func(tx *sql.Tx) error { return w.noteTests(ctx, tx, builds, n) }); err != nil {
		return err
	}
	query := "SELECT number, 0, " + wanted.columnList() + " FROM " + fmt.Sprintf(n.tests, w.table) + " WHERE number > ?1 ORDER BY number LIMIT ?3"
	p := newPages(v, 1, false, func(*object.Set, error) bool { return f() })
	_, err = p.read(ctx, wanted, query, [2]any{int64(0), int64(0)})
	return err
}

// noteTests makes and fills the table, which numbers tests in their order.
func (w wanted) noteTests(ctx context.Context, tx *sql.Tx, builds []string, n noted) error {
	if _, err := tx.ExecContext(ctx, "CREATE TABLE "+w.table+" (number INTEGER PRIMARY KEY, "+n.columns+")"); err != nil {
		return err
	}
	into := "INSERT INTO " + w.table + " (" + n.columns + ") "
	insert, err := tx.PrepareContext(ctx, into+n.of)
	if err != nil {
		return err
	}
	defer insert.Close()
	done := make(map[string]bool, len(builds))
	for _, build := range builds {
		if done[build] {
			continue
		}
		done[build] = true
		if build == n.after.BuildID {
			_, err = tx.ExecContext(ctx, into+n.behind, build, n.after.Path, n.after.ID)
		} else {
			_, err = insert.ExecContext(ctx, build)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
