// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// changes lists what a load created and changed, each object once.
func (s suite) changes(t *testing.T) {
	db := s.ready(t)
	key := store.Key{ID: "a:1"}
	issue := store.Key{ID: "a:1", Version: 2147483647}
	both := minimalReport()
	both.Append(fullReport())
	other := fullReport()
	other.Tests[0].Comment = new("another")
	other.Tests[0].LogExcerpt = nil
	other.Builds[0].LogExcerpt = new("another")
	old := &report.Report{Tests: []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1", Comment: new("old"), Timestamp: new(moment(0))}}}
	created := []store.Change{
		{List: store.Checkouts, Key: key, Created: true}, {List: store.Builds, Key: key, Created: true, Now: report.StatusError},
		{List: store.Tests, Key: key, Created: true, Now: report.StatusMiss}, {List: store.Issues, Key: issue, Created: true},
		{List: store.Incidents, Key: key, Created: true},
	}
	is := func(list store.List, was, now report.Status) store.Change {
		return store.Change{List: list, Key: key, Was: was, Now: now}
	}
	// An object that a report has twice is one change: from before the load to after it.
	twice := &report.Report{}
	for _, status := range []report.Status{report.StatusFail, report.StatusSkip} {
		twice.Tests = append(twice.Tests, report.Test{ID: "a:1", Origin: "a", BuildID: "a:1", Status: &status})
		twice.Tests = append(twice.Tests, report.Test{ID: "a:2", Origin: "a", BuildID: "a:1", Status: &status})
	}
	twice.Tests = append(twice.Tests, minimalReport().Tests...)
	earlier := &report.Report{Tests: []report.Test{{ID: "a:2", Origin: "a", BuildID: "a:1", Status: new(report.StatusPass), Comment: new("old"),
		Timestamp: new(moment(0))}}}
	for _, step := range []struct {
		name   string
		report *report.Report
		want   []store.Change
	}{
		{"new", both, created},
		{"the same again", both, nil},
		{"less of it", minimalReport(), nil},
		{"more", other, []store.Change{is(store.Builds, report.StatusError, report.StatusError), is(store.Tests, report.StatusMiss, report.StatusMiss)}},
		{"older", old, nil},
		{"twice", twice, []store.Change{is(store.Tests, report.StatusMiss, report.StatusSkip),
			{List: store.Tests, Key: store.Key{ID: "a:2"}, Created: true, Now: report.StatusSkip}}},
		{"older, with something new", earlier, []store.Change{
			{List: store.Tests, Key: store.Key{ID: "a:2"}, Was: report.StatusSkip, Now: report.StatusSkip}}},
		{"a build without a status", &report.Report{Builds: []report.Build{{ID: "a:2", Origin: "a", CheckoutID: "a:1"}}},
			[]store.Change{{List: store.Builds, Key: store.Key{ID: "a:2"}, Created: true}}},
		{"the status", &report.Report{Builds: []report.Build{{ID: "a:2", Origin: "a", CheckoutID: "a:1", Status: new(report.StatusDone)}}},
			[]store.Change{{List: store.Builds, Key: store.Key{ID: "a:2"}, Now: report.StatusDone}}},
	} {
		got := mustLoad(t, db, step.report, store.LoadOptions{Metadata: strings.HasPrefix(step.name, "older")})
		if diff := cmp.Diff(step.want, got.Objects); diff != "" {
			t.Errorf("%s: changes differ (-want +got):\n%s", step.name, diff)
		}
	}
}
