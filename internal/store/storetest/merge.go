// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// version is one of several reports about the same test: its time, comment and path, ""
// if absent.
type version struct {
	at            int
	comment, path string
}

func (v version) report() *report.Report { return v.of("a:1") }

// of returns a report about the test with an ID.
func (v version) of(id string) *report.Report {
	o := report.Test{ID: id, Origin: "a", BuildID: "a:1"}
	if v.at != 0 {
		o.Timestamp = new(moment(v.at))
	}
	if v.comment != "" {
		o.Comment = &v.comment
	}
	if v.path != "" {
		o.Path = &v.path
	}
	return &report.Report{Tests: []report.Test{o}}
}

// stories are versions in the order in which they are loaded, and the object that they make.
var stories = []struct {
	name   string
	loaded []version
	want   version
}{
	{"absent fields keep their values", []version{{1, "c", ""}, {2, "", "p"}}, version{2, "c", "p"}},
	{"the newer value wins", []version{{1, "old", "p"}, {2, "new", ""}}, version{2, "new", "p"}},
	{"an older object only adds", []version{{2, "new", ""}, {1, "old", "p"}}, version{2, "new", "p"}},
	{"the later one wins a tie", []version{{1, "first", "p"}, {1, "second", ""}}, version{1, "second", "p"}},
	{"times stay the greatest", []version{{3, "c", ""}, {1, "x", ""}, {2, "y", "p"}}, version{3, "c", "p"}},
	{"what came between stays newer", []version{{3, "c", ""}, {2, "", "two"}, {1, "", "one"}}, version{3, "c", "two"}},
	{"what an older one added is older", []version{{3, "c", ""}, {1, "", "one"}, {2, "", "two"}}, version{3, "c", "two"}},
	{"the same again", []version{{1, "c", "p"}, {1, "c", "p"}}, version{1, "c", "p"}},
	{"an empty one", []version{{1, "c", "p"}, {2, "", ""}}, version{2, "c", "p"}},
}

// merge merges objects field by field, whether their versions come one by one or all in a
// report.
func (s suite) merge(t *testing.T) {
	steps, once := make([]report.Report, 3), &report.Report{}
	for n, story := range stories {
		for i, v := range story.loaded {
			steps[i].Append(v.of(fmt.Sprintf("a:%d", n)))
			once.Append(v.of(fmt.Sprintf("a:%d", n)))
		}
	}
	merged := func(loads ...*report.Report) map[string]*report.Report {
		db := s.ready(t)
		for _, r := range loads {
			mustLoad(t, db, r, store.LoadOptions{Metadata: true})
		}
		return byID(dumpAll(t, db, true))
	}
	slowly, atOnce := merged(&steps[0], &steps[1], &steps[2]), merged(once)
	for n, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			id := fmt.Sprintf("a:%d", n)
			s.expect(t, slowly[id], story.want.of(id))
			s.expect(t, atOnce[id], story.want.of(id))
		})
	}
	t.Run("loading time", func(t *testing.T) {
		db := s.ready(t)
		before := time.Now().Truncate(time.Microsecond)
		mustLoad(t, db, version{1, "old", "p"}.report(), store.LoadOptions{Metadata: true})
		mustLoad(t, db, version{1, "new", ""}.report(), store.LoadOptions{})
		got := dumpAll(t, db, true)
		if at := got.Tests[0].Timestamp; at.Before(before) || at.After(time.Now()) {
			t.Errorf("arrived at %v, not now", at)
		}
		got.Tests[0].Timestamp = nil
		s.expect(t, got, version{0, "new", "p"}.report())
	})
	t.Run("no time of its own", func(t *testing.T) {
		db := s.ready(t)
		loaded := fullReport()
		mustLoad(t, db, loaded, store.LoadOptions{Metadata: true})
		for _, stamp := range stamps(loaded) {
			*stamp = nil
		}
		mustLoad(t, db, loaded, store.LoadOptions{Metadata: true}) // nothing new
		s.expect(t, dumpAll(t, db, true), fullReport())
		want := fullReport()
		for _, r := range []*report.Report{loaded, want} {
			r.Tests[0].Comment, r.Issues[0].Comment = new("new"), new("new")
		}
		mustLoad(t, db, loaded, store.LoadOptions{Metadata: true})
		s.expect(t, dumpAll(t, db, true), want)

		// The time of loading is for objects that are not there.
		before := time.Now().Truncate(time.Microsecond)
		fresh := version{0, "c", ""}.report()
		fresh.Tests[0].ID = "a:2"
		fresh.Append(version{0, "newest", ""}.report())
		mustLoad(t, db, fresh, store.LoadOptions{Metadata: true})
		got := dumpAll(t, db, true)
		if at := got.Tests[1].Timestamp; at.Before(before) || at.After(time.Now()) {
			t.Errorf("the new test arrived at %v, not now", at)
		}
		got.Tests = got.Tests[:1]
		want.Tests[0].Comment = new("newest")
		s.expect(t, got, want)
	})
	t.Run("all fields", func(t *testing.T) {
		db := s.ready(t)
		mustLoad(t, db, minimalReport(), store.LoadOptions{})
		mustLoad(t, db, fullReport(), store.LoadOptions{})
		mustLoad(t, db, minimalReport(), store.LoadOptions{})
		want := fullReport()
		for _, stamp := range stamps(want) {
			*stamp = nil
		}
		s.expect(t, dumpAll(t, db, false), want)
	})
}
