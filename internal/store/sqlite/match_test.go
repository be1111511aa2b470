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
	return scans && !slices.ContainsFunc([]string{"json_each", "(subquery-", "k", "n "}, func(s string) bool { return strings.HasPrefix(line, s) })
}

// TestMatchPlans finds objects by indexes, where patterns have IDs, and reads no
// others.
func TestMatchPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.sqlite"))
	fresh(t, s)
	err := s.transact(t.Context(), func(tx *sql.Tx) error {
		snapshot := &snapshot{view: &view{store: s, tx: tx}}
		for _, text := range []string{
			`>revision[a,b]#>*#`, ">checkout[a]#>*#", ">build[a;b]#>*#", ">test[a;b]<*#", ">incident[a]<*#", ">issue[a]#>*#", ">issue_version[a,1]<*#>*#",
			">test<build[a]<*#", ">incident<test<build[a]>test#", ">checkout[a]>build>test[b]#", ">test[a]<build<checkout>build>test>incident<issue_version#",
			">incident<issue_version<issue[a]#", ">build>test<build<checkout[a]#", `>checkout<revision[a,b]>checkout>build[c]#`, `>build<checkout<revision[a,""]#`,
		} {
			all, err := object.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, of := range object.Types() {
				q, ok := sqldb.Ask(dialect{}, of, all)
				if !ok {
					continue
				}
				for _, snapshot.keyed = range []bool{false, true} {
					p := snapshot.Pages(sqldb.MatchListing(dialect{}, of, q)).(*pages)
					if _, err := p.note(t.Context(), tx, ""); err != nil {
						return err
					}
					steps := slices.Concat(plan(t, tx, p.noteSQL(), p.Args...), plan(t, tx, p.notedSQL(), 1))
					if p.streams() || slices.ContainsFunc(steps, scansObjects) {
						t.Errorf("%s: %ss are not found by indexes alone:\n%s\n%s", text, of, p.noteSQL(), strings.Join(steps, "\n"))
					}
				}
			}
		}
		return nil
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
		for _, of := range object.Types() {
			q, ok := sqldb.Ask(dialect{}, of, all)
			if !ok {
				continue
			}
			p := (&snapshot{}).Pages(sqldb.MatchListing(dialect{}, of, q)).(*pages)
			if !p.streams() {
				continue
			}
			streamed++
			expectOrdered(t, tx, text, p, []any{"", 0}[:len(p.Order)], "sqlite_autoindex")
		}
	}
	for _, list := range store.Lists {
		at := time.Now()
		l := sqldb.DumpListing(dialect{}, list, store.DumpOptions{After: at, Until: at})
		p := (&snapshot{}).Pages(l).(*pages)
		expectOrdered(t, tx, "dump of "+string(list), p, []any{0, 0}, string(list)+"_timestamp (_timestamp")
	}
	if streamed < 10 {
		t.Errorf("%d types are streamed", streamed)
	}
}

// expectOrdered fails the test unless the first page of a listing, and the page behind a
// place, are read from an index in order.
func expectOrdered(t *testing.T, tx *sql.Tx, name string, p *pages, place []any, index string) {
	t.Helper()
	for _, after := range [][]any{p.after, place} {
		p.after = after
		query, args := p.streamSQL()
		steps, reads := plan(t, tx, query, args...), 0
		for _, step := range steps {
			switch {
			case strings.HasPrefix(step, "SEARCH o USING INDEX "+index), after == nil && strings.HasPrefix(step, "SCAN o USING INDEX "+index):
				reads++
			case strings.HasPrefix(step, "SEARCH o "), strings.Contains(step, "SCAN"), strings.Contains(step, "TEMP"):
				reads = -len(steps)
			}
		}
		if reads <= 0 {
			t.Errorf("%s: rows are not read in order:\n%s\n%s", name, query, strings.Join(steps, "\n"))
		}
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
	note := func(l *sqldb.Listing) string { return (&snapshot{}).Pages(l).(*pages).noteSQL() }
	outcomes := note(sqldb.OutcomesListing(dialect{}, nil))
	for query, c := range map[string]struct {
		args []any
		want string
	}{
		outcomes: {[]any{0, "", "", ""}, "SEARCH o USING INDEX tests_build_path (build_id=?)"},
		note(sqldb.RunsListing(dialect{}, nil, store.RunKey{})): {[]any{0, "", "", ""},
			"SEARCH o USING COVERING INDEX tests_build_path (build_id=?)"},
		note(sqldb.RunsListing(dialect{}, nil, store.RunKey{BuildID: "b"})): {[]any{0, "", "", ""},
			"SEARCH o USING COVERING INDEX tests_build_path (build_id=?)"},
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
		if query != previous && query != outcomes && strings.Contains(steps, "TEMP B-TREE") {
			t.Errorf("runs are sorted:\n%s", steps)
		}
	}
}
