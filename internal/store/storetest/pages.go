// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// pagesReplaced removes all objects between two pages of an answer, and loads other
// objects, which get the numbers of the old objects if the engine numbers rows. If the
// driver has snapshots, the answer has the old tests. Otherwise it may leave tests out,
// but has no test that was not asked for.
func (s suite) pagesReplaced(t *testing.T) {
	s.eachAnswer(t, marked(1, "new"), func(t *testing.T, id, mark string) {
		if !strings.HasPrefix(id, "a:0.") || mark != "old "+id {
			t.Errorf("an answer about a:0 has the test %s with the text %q", id, mark)
		}
	})
}

// pagesReloaded is pagesReplaced, but the new objects are the same tests with other texts.
// If the driver has no snapshots, a test has its old text or its new text.
func (s suite) pagesReloaded(t *testing.T) {
	again := marked(0, "new")
	slices.Reverse(again.Tests) // so that a test does not get the number of its old row
	s.eachAnswer(t, again, func(t *testing.T, id, mark string) {
		if mark != "old "+id && (mark != "new "+id || s.can.Snapshots) {
			t.Errorf("the test %s has the text %q", id, mark)
		}
	})
}

// marked returns a build with 600 tests, each with texts of its own.
func marked(n int, mark string) *report.Report {
	r := numbered(n, 600)
	for i := range r.Tests {
		o := &r.Tests[i]
		text := mark + " " + o.ID
		o.Path, o.LogURL = new(fmt.Sprintf("p.%04d", i)), &text
		o.Environment = &report.Environment{Misc: json.RawMessage(fmt.Sprintf(`{"platform":%q}`, text))}
	}
	return r
}

// eachAnswer reads answers about the build a:0, each from a new database, and replaces all
// objects after the first test. It calls check with the ID and the text of each test.
func (s suite) eachAnswer(t *testing.T, replacement *report.Report, check func(t *testing.T, id, mark string)) {
	patterns, err := object.Parse(">build[a:0]>test#")
	if err != nil {
		t.Fatal(err)
	}
	type each func(id, mark string, err error)
	ofReport := func(r *report.Report, err error, f each) {
		if err != nil {
			f("", "", err)
			return
		}
		for _, o := range r.Tests {
			f(o.ID, *o.LogURL, nil)
		}
	}
	for name, read := range map[string]func(*testing.T, store.Store, each){
		"Match": func(t *testing.T, db store.Store, f each) {
			for set, err := range db.Match(t.Context(), patterns, store.MatchOptions{PerSet: 1}) {
				ofReport(&set.Report, err, f)
			}
		},
		"Query": func(t *testing.T, db store.Store, f each) {
			for r, err := range db.Query(t.Context(), store.Query{Builds: []string{"a:0"}, Children: true, PerReport: 1}) {
				ofReport(r, err, f)
			}
		},
		"Outcomes": func(t *testing.T, db store.Store, f each) {
			for o, err := range db.Outcomes(t.Context(), []string{"a:0"}) {
				f(o.ID, o.Platform, err)
			}
		},
		"Runs": func(t *testing.T, db store.Store, f each) {
			for r, err := range db.Runs(t.Context(), []string{"a:0"}, store.RunKey{}) {
				f(r.ID, r.LogURL, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := s.store(t)
			mustLoad(t, db, marked(0, "old"), store.LoadOptions{Arrival: moment(0)})
			n := 0
			read(t, db, func(id, mark string, err error) {
				if err != nil {
					t.Fatal(err)
				}
				if check(t, id, mark); t.Failed() {
					t.FailNow()
				}
				if n++; n > 1 {
					return
				}
				if err := db.Purge(t.Context(), store.PurgeOptions{Before: moment(0).Add(time.Second)}); err != nil {
					t.Fatal(err)
				}
				mustLoad(t, db, replacement, store.LoadOptions{})
			})
			if s.can.Snapshots && n != 600 {
				t.Errorf("%d tests, want 600", n)
			}
		})
	}
}
