// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// TestUncounted: without roll-ups a graph counts the same as with them.
func TestUncounted(t *testing.T) {
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	loadRandomly(t, s)
	plain, counted := uncounted{s}, databaseOf(s)
	if _, ok := counted.(uncounted); ok {
		t.Fatal("the database has no roll-ups")
	}
	same := func(what string, ask func(d database) (any, error)) {
		t.Helper()
		got, err := ask(plain)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		want, err := ask(counted)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s differs (-counted +read):\n%s", what, diff)
		}
	}
	ctx := t.Context()
	for _, builds := range [][]string{nil, {"ci:b1"}, {"ci:b2", "ci:none", "ci:b0", "ci:b1"}} {
		same("Tally", func(d database) (any, error) { return d.Tally(ctx, builds) })
		same("SuiteCounts", func(d database) (any, error) { return d.SuiteCounts(ctx, builds, "ltp") })
		same("PathCounts", func(d database) (any, error) {
			all := map[string]int64{}
			err := d.PathCounts(ctx, builds, "ltp", func(path string, status report.Status, n int64) {
				if path == "ltp" || len(path) > 4 && path[:4] == "ltp." { // others may come
					all[path+string(status)] += n
				}
			})
			return all, err
		})
		same("Failed", func(d database) (any, error) {
			var all []answers.FailedTest
			err := d.Failed(ctx, builds, func(f *answers.FailedTest) { all = append(all, *f) })
			return all, err
		})
		same("Findings", func(d database) (any, error) { return d.Findings(ctx, builds) })
	}
	for version := range 4 {
		same("Incidents", func(d database) (any, error) {
			n, err := d.Incidents(ctx, store.Key{ID: "ci:i1", Version: version})
			n.First = "" // by arrival, which only roll-ups know
			return n, err
		})
	}
	tally, err := Tally(ctx, s, []string{"ci:b0"})
	if err != nil || len(slices.Collect(maps.Keys(tally))) != 1 {
		t.Errorf("Tally: %v, %v", tally, err)
	}
}

// loadRandomly loads builds, tests and incidents.
func loadRandomly(t *testing.T, s store.Store) {
	dice := rand.New(rand.NewPCG(1, 2))
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}}}
	for version := range 3 {
		r.Issues = append(r.Issues, report.Issue{ID: "ci:i1", Origin: "ci", Version: version})
	}
	statuses := []report.Status{report.StatusFail, report.StatusPass, report.StatusError, report.StatusMiss, report.StatusSkip}
	paths := []string{"ltp", "ltp.a", "ltp.b", "ltp-x", "boot", "kselftest.a"}
	for b := range 3 {
		build := fmt.Sprint("ci:b", b)
		r.Builds = append(r.Builds, report.Build{ID: build, Origin: "ci", CheckoutID: "ci:c"})
		for n := range 40 {
			test := report.Test{ID: fmt.Sprint(build, "-", n), Origin: "ci", BuildID: build}
			if dice.IntN(5) > 0 {
				test.Status = &statuses[dice.IntN(len(statuses))]
			}
			if dice.IntN(5) > 0 {
				test.Path = &paths[dice.IntN(len(paths))]
			}
			if dice.IntN(2) > 0 {
				test.Environment = &report.Environment{Misc: []byte(fmt.Sprintf(`{"platform":"p%d"}`, dice.IntN(3)))}
			}
			r.Tests = append(r.Tests, test)
		}
	}
	for n := range 60 {
		i := report.Incident{ID: fmt.Sprint("ci:n", n), Origin: "ci", IssueID: "ci:i1", IssueVersion: dice.IntN(3)}
		switch dice.IntN(3) {
		case 0:
			i.Present = new(true)
		case 1:
			i.Present = new(false)
		}
		switch dice.IntN(4) {
		case 0:
			i.BuildID = &r.Builds[dice.IntN(3)].ID
		case 1, 2:
			i.TestID = &r.Tests[dice.IntN(len(r.Tests))].ID
		}
		r.Incidents = append(r.Incidents, i)
	}
	if _, err := s.Load(t.Context(), r, store.LoadOptions{Arrival: time.Now()}); err != nil {
		t.Fatal(err)
	}
}
