// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// runs reads tests as lists show them.
func (s suite) runs(t *testing.T) {
	db := s.store(t)
	path := func(p string) *string { return &p }
	full := report.Test{
		ID: "a:1", Origin: "o", BuildID: "a:b1", Path: path("b.a"), Status: new(report.StatusFail), StartTime: new(moment(1)),
		Duration: new(1.5), LogURL: new("https://example.org/log"), LogExcerpt: new("long"), Misc: json.RawMessage(`{"a":[1,{"é":"\"😀"}]}`),
		Environment: &report.Environment{Compatible: []string{"v,board", ""}, Misc: json.RawMessage(`{"platform":"x"}`)},
	}
	empty := report.Test{ID: "a:2", Origin: "p", BuildID: "a:b1", Path: path("b"), Environment: &report.Environment{Compatible: []string{}, Misc: json.RawMessage(`{}`)}, Misc: json.RawMessage(`{}`)}
	mustLoad(t, db, &report.Report{Tests: []report.Test{
		full, empty,
		{ID: "a:3", Origin: "o", BuildID: "a:b1", Path: path("é")},
		{ID: "a:4", Origin: "o", BuildID: "a:b1"},
		{ID: "a:5", Origin: "o", BuildID: "a:b1", Path: path("")},
		{ID: "a:6", Origin: "o", BuildID: "a:b1", Path: path("B"), Status: new(report.StatusPass)},
		{ID: "a:7", Origin: "o", BuildID: "a:b2", Path: path("z")},
		{ID: "a:8", Origin: "o", BuildID: "a:b2", Path: path("a")},
		{ID: "a:9", Origin: "o", BuildID: "a:b3"},
	}}, store.LoadOptions{})
	run := func(id, build, path string) store.Run {
		return store.Run{ID: id, Origin: "o", BuildID: build, Path: path}
	}
	want := []store.Run{
		run("a:8", "a:b2", "a"), run("a:7", "a:b2", "z"),
		run("a:4", "a:b1", ""), run("a:5", "a:b1", ""), run("a:6", "a:b1", "B"),
		{ID: "a:2", BuildID: "a:b1", Origin: "p", Path: "b", Compatible: []string{}, EnvironmentMisc: empty.Environment.Misc, Misc: empty.Misc},
		{
			ID: "a:1", BuildID: "a:b1", Origin: "o", Path: "b.a", Status: report.StatusFail, Start: full.StartTime, Duration: full.Duration,
			Compatible: full.Environment.Compatible, EnvironmentMisc: full.Environment.Misc, LogURL: *full.LogURL, Misc: full.Misc,
		},
		run("a:3", "a:b1", "é"),
	}
	want[4].Status = report.StatusPass
	for _, c := range []struct {
		builds []string
		want   []store.Run
	}{
		{[]string{"a:b2", "a:none", "a:b1", "a:b2", "'"}, want},
		{[]string{"a:none"}, nil},
		{nil, nil},
	} {
		var got []store.Run
		for r, err := range db.Runs(t.Context(), c.builds, store.RunKey{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("runs of %q differ (-want +got):\n%s", c.builds, diff)
		}
	}
	builds := []string{"a:b2", "a:b1"}
	for i, last := range want {
		after := store.RunKey{BuildID: last.BuildID, Path: last.Path, ID: last.ID}
		var got []store.Run
		for r, err := range db.Runs(t.Context(), builds[slices.Index(builds, last.BuildID):], after) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		if diff := gocmp.Diff(want[i+1:], got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("runs behind %+v differ (-want +got):\n%s", after, diff)
		}
	}
	t.Run("many", s.runsMany)
	t.Run("purged key", s.runsBehindPurged)
}

// runsBehindPurged reads behind the key of a test that is gone: no test behind the key
// is left out.
func (s suite) runsBehindPurged(t *testing.T) {
	db := s.store(t)
	r := numbered(0, 3)
	for i := range r.Tests {
		r.Tests[i].Path = new("same")
	}
	mustLoad(t, db, r, store.LoadOptions{})
	got := make(map[string]bool)
	for run, err := range db.Runs(t.Context(), []string{"a:0"}, store.RunKey{BuildID: "a:0", Path: "same", ID: "a:"}) {
		if err != nil {
			t.Fatal(err)
		}
		got[run.ID] = true
	}
	if len(got) != 3 {
		t.Errorf("%d of 3 tests behind the key of a purged test", len(got))
	}
}

// runsMany reads more than a page, changes the database meanwhile, and stops in
// the middle.
func (s suite) runsMany(t *testing.T) {
	db := s.store(t)
	const tests = 1200
	r := numbered(0, tests)
	for i := range r.Tests {
		r.Tests[i].Path = new(fmt.Sprintf("p.%04d", (i*37)%tests))
	}
	mustLoad(t, db, r, store.LoadOptions{})
	n := 0
	for run, err := range db.Runs(t.Context(), []string{"a:0"}, store.RunKey{}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("p.%04d", n); run.Path != want {
			t.Fatalf("%s, want %s", run.Path, want)
		}
		if n++; n == 600 && s.can.Snapshots {
			mustLoad(t, db, numbered(0, tests+10), store.LoadOptions{})
		}
	}
	if n != tests {
		t.Errorf("%d tests, want %d", n, tests)
	}
	for range db.Runs(t.Context(), []string{"a:0"}, store.RunKey{}) {
		break
	}
	loaded := int64(tests)
	if s.can.Snapshots {
		loaded += 10
	}
	s.expectTally(t, db, []string{"a:0"}, map[string]map[report.Status]int64{"a:0": {"": loaded}})
}
