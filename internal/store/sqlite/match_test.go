// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// plan returns what the engine would do, a line each.
func plan(t *testing.T, tx *sql.Tx, query string, args ...any) (lines []string) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%v\nof %s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// scansObjects reports whether a step of a plan reads all objects of a type, and
// not only all IDs given or all rows of a subquery.
func scansObjects(line string) bool {
	line, scans := strings.CutPrefix(line, "SCAN ")
	return scans && !slices.ContainsFunc([]string{"json_each", "(subquery-", "k", "w "}, func(s string) bool { return strings.HasPrefix(line, s) })
}

// TestMatchPlans finds objects by indexes, where patterns have IDs, and reads no
// others.
func TestMatchPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.sqlite"))
	fresh(t, s)
	err := s.transact(t.Context(), func(tx *sql.Tx) error {
		w := s.newWanted()
		if err := w.create(t.Context(), tx); err != nil {
			return err
		}
		for _, text := range []string{
			`>revision[a,b]#>*#`, ">checkout[a]#>*#", ">build[a;b]#>*#", ">test[a;b]<*#", ">incident[a]<*#", ">issue[a]#>*#", ">issue_version[a,1]<*#>*#",
			">test<build[a]<*#", ">incident<test<build[a]>test#", ">checkout[a]>build>test[b]#", ">test[a]<build<checkout>build>test>incident<issue_version#",
			">incident<issue_version<issue[a]#", ">build>test<build<checkout[a]#", `>checkout<revision[a,b]>checkout>build[c]#`, `>build<checkout<revision[a,""]#`,
		} {
			all, err := object.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, sub := range subjects {
				q, ok := sqldb.Ask(dialect{}, sub.Type, all)
				if !ok {
					continue
				}
				steps := slices.Concat(plan(t, tx, w.noteSQL(sub, q), q.Args...), plan(t, tx, w.matchSQL(sub), "", 0, "", 1))
				if sub.streams(q) || slices.ContainsFunc(steps, scansObjects) {
					t.Errorf("%s: %ss are not found by indexes alone:\n%s\n%s", text, sub.Type, w.noteSQL(sub, q), strings.Join(steps, "\n"))
				}
			}
		}
		return w.drop(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStreamPlans reads everything in the order of the keys, without sorting.
func TestStreamPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.sqlite"))
	fresh(t, s)
	tx, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	streamed := 0
	for _, text := range []string{">*#", ">revision>checkout>build>test#", ">build#>*#", ">test<build<checkout#", ">issue>issue_version>incident#", ">*<*#"} {
		all, err := object.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, sub := range subjects {
			q, ok := sqldb.Ask(dialect{}, sub.Type, all)
			if !ok || !sub.streams(q) {
				continue
			}
			streamed++
			steps := strings.Join(plan(t, tx, sub.streamSQL(q), "", 0, 1), "\n")
			if !strings.HasPrefix(steps, "SEARCH o USING INDEX sqlite_autoindex") || strings.Contains(steps, "TEMP") || strings.Contains(steps, "SCAN") {
				t.Errorf("%s: %ss are not read in order:\n%s\n%s", text, sub.Type, sub.streamSQL(q), steps)
			}
		}
	}
	if streamed < 10 {
		t.Errorf("%d types are streamed", streamed)
	}
}

// TestOutcomePlans looks at the tests of builds, and at the checkouts of a branch.
func TestOutcomePlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.sqlite"))
	fresh(t, s)
	tx, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	previous, args := sqldb.PreviousSQL(dialect{}, store.Like{Origin: "o", RepositoryURL: "u", Branch: "b", Before: time.Now()}, 1)
	for query, c := range map[string]struct {
		args []any
		want string
	}{
		outcomesOfSQL: {[]any{""}, "SEARCH tests USING INDEX tests_build_path (build_id=?)"},
		runsOfSQL:     {[]any{""}, "SEARCH tests USING COVERING INDEX tests_build_path (build_id=?)"},
		runsBehindSQL: {[]any{"", "", ""}, "SEARCH tests USING COVERING INDEX tests_build_path (build_id=?)"},
		previous: {args,
			"SEARCH c USING INDEX checkouts_branch (git_repository_url=? AND git_repository_branch=? AND start_time<?)\nSEARCH b USING INDEX builds_checkout (checkout_id=?)"},
	} {
		steps := strings.Join(plan(t, tx, query, c.args...), "\n")
		if !strings.Contains(steps, c.want) {
			t.Errorf("%s\nis done so:\n%s", query, steps)
		}
		if query == previous && !strings.Contains(steps, "USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY") {
			t.Errorf("all checkouts before are sorted:\n%s", steps)
		}
	}
}
