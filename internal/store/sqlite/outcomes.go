// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Outcomes notes the outcomes, and then reads them in pages.
func (s *snapshot) Outcomes(ctx context.Context, builds []string, rows sqldb.Rowset, sets *sqldb.Sets) error {
	return s.tests(ctx, builds, notedOutcomes, rows, sets)
}

// noted says which values of tests are noted in a temporary table, in the order of the
// result, before the tests are read in pages.
type noted struct {
	columns string // of the temporary table, behind the number of the row
	of      string // selects them, of the tests of a build, in their order
	behind  string // selects those of a build that are behind a key: its build, path and ID
	after   store.RunKey
	tests   string // what the columns that are wanted are of: the table is "o"
}

// notedOutcomes notes all columns of an outcome.
var notedOutcomes = noted{
	columns: "id, build_id, origin, path, status, environment_misc, start_time",
	of:      outcomesOfSQL,
	tests:   "%s o",
}

// outcomesOfSQL selects the outcomes of a build.
const outcomesOfSQL = `SELECT id, build_id, origin, coalesce(path, ''), coalesce(status, ''), environment_misc, start_time
	FROM tests WHERE build_id = ? ORDER BY 4, 1`

// tests reads rows of the tests of builds.
func (s *snapshot) tests(ctx context.Context, builds []string, n noted, rows sqldb.Rowset, sets *sqldb.Sets) error {
	if err := s.do(ctx, func(tx *sql.Tx) error { return s.wanted.noteTests(ctx, tx, builds, n) }); err != nil {
		return err
	}
	t := selection(rows)
	query := "SELECT number, 0, " + t.columnList() + " FROM " + fmt.Sprintf(n.tests, s.wanted.table) + " WHERE number > ?1 ORDER BY number LIMIT ?3"
	_, err := s.pagesInto(sets).read(ctx, t, query, [2]any{int64(0), int64(0)})
	return err
}

// noteTests creates and fills the table, which numbers the tests in their order.
func (w wantedTable) noteTests(ctx context.Context, tx *sql.Tx, builds []string, n noted) error {
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
