// SPDX-License-Identifier: Apache-2.0

package storetest

import (
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

func (v version) report() *report.Report {
	o := report.Test{ID: "a:1", Origin: "a", BuildID: "a:1"}
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

// merge merges objects field by field, whether they come one by one or all in
// a report.
func (s suite) merge(t *testing.T) {
	for name, c := range map[string]struct {
		loaded []version
		want   version
	}{
		"absent fields keep their values":  {[]version{{1, "c", ""}, {2, "", "p"}}, version{2, "c", "p"}},
		"the newer value wins":             {[]version{{1, "old", "p"}, {2, "new", ""}}, version{2, "new", "p"}},
		"an older object only adds":        {[]version{{2, "new", ""}, {1, "old", "p"}}, version{2, "new", "p"}},
		"the later one wins a tie":         {[]version{{1, "first", "p"}, {1, "second", ""}}, version{1, "second", "p"}},
		"times stay the greatest":          {[]version{{3, "c", ""}, {1, "x", ""}, {2, "y", "p"}}, version{3, "c", "p"}},
		"what came between stays newer":    {[]version{{3, "c", ""}, {2, "", "two"}, {1, "", "one"}}, version{3, "c", "two"}},
		"what an older one added is older": {[]version{{3, "c", ""}, {1, "", "one"}, {2, "", "two"}}, version{3, "c", "two"}},
		"the same again":                   {[]version{{1, "c", "p"}, {1, "c", "p"}}, version{1, "c", "p"}},
		"an empty one":                     {[]version{{1, "c", "p"}, {2, "", ""}}, version{2, "c", "p"}},
	} {
		if s.can.Slow && len(c.loaded) < 3 {
			continue // longer stories are enough
		}
		t.Run(name, func(t *testing.T) {
			db, once := s.ready(t), s.ready(t)
			all := &report.Report{}
			for _, v := range c.loaded {
				mustLoad(t, db, v.report(), store.LoadOptions{Metadata: true})
				all.Append(v.report())
			}
			s.expect(t, dumpAll(t, db, true), c.want.report())
			mustLoad(t, once, all, store.LoadOptions{Metadata: true})
			s.expect(t, dumpAll(t, once, true), c.want.report())
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
