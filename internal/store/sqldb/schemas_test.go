// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// TestSchemas takes the version of the reports from the names of migrations. No migration
// in the tree has such a name yet, so the versions here are old ones.
func TestSchemas(t *testing.T) {
	want := []store.Schema{
		{Version: store.Version{Major: 1}, Report: report.Version{Major: 5, Minor: 3}},
		{Version: store.Version{Major: 2}, Report: report.Version{Major: 4, Minor: 5}},
		{Version: store.Version{Major: 3}, Report: report.Version{Major: 4, Minor: 5}},
		{Version: store.Version{Major: 4}, Report: report.Version{Major: 5, Minor: 0}},
	}
	got := Schemas([]string{"0001_objects", "0002_v4.5", "0003_html_v9.9", "0004_runner_v5.0"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
