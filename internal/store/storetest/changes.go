// SPDX-License-Identifier: Apache-2.0

package storetest

import (
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
	both := least()
	both.Append(full())
	other := full()
	other.Tests[0].Comment = new("another")
	other.Tests[0].LogExcerpt = nil
	other.Builds[0].LogExcerpt = new("another")
	old := &report.Report{Tests: []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1", Comment: new("old"), Timestamp: new(moment(0))}}}
	created := []store.Change{
		{List: store.Checkouts, Key: key, Created: true}, {List: store.Builds, Key: key, Created: true},
		{List: store.Tests, Key: key, Created: true}, {List: store.Issues, Key: issue, Created: true},
		{List: store.Incidents, Key: key, Created: true},
	}
	for _, step := range []struct {
		name   string
		report *report.Report
		want   []store.Change
	}{
		{"new", both, created},
		{"the same again", both, nil},
		{"less of it", least(), nil},
		{"more", other, []store.Change{{List: store.Builds, Key: key}, {List: store.Tests, Key: key}}},
		{"older", old, nil},
	} {
		got := mustLoad(t, db, step.report, store.LoadOptions{Metadata: step.name == "older"})
		if diff := cmp.Diff(step.want, got.Objects); diff != "" {
			t.Errorf("%s: changes differ (-want +got):\n%s", step.name, diff)
		}
	}
}
