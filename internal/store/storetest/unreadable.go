// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Unreadable checks that a dump leaves out objects whose rows are damaged, and no
// other, and names them. db has a schema. damage does the damage: to the rows of the
// tests with the IDs given, of the checkout "a:3", and of the issue "a:2", version 7.
func Unreadable(t *testing.T, db store.Sink, damage func(tests []string)) {
	t.Helper()
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
	var r report.Report
	misc := json.RawMessage(`{"a":1}`)
	for n := range 1300 { // pages of rows
		id := fmt.Sprint("a:", n)
		long := strings.Repeat(id+" is long\n", 100)
		r.Tests = append(r.Tests, report.Test{ID: id, Origin: "a", BuildID: "a:1", LogExcerpt: &long, Misc: misc})
		if n < 6 {
			r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "a", Misc: misc})
			r.Issues = append(r.Issues, report.Issue{ID: id, Version: 7, Origin: "a", Misc: misc},
				report.Issue{ID: id, Version: 8, Origin: "a", Misc: misc})
		}
	}
	mustLoad(t, db, &r, store.LoadOptions{})
	tests := []string{"a:0", "a:700", "a:701", "a:1299"}
	damage(tests)

	var got report.Report
	var last error
	for part, err := range db.Dump(t.Context(), store.DumpOptions{PerReport: 100}) {
		if last = err; err == nil {
			got.Append(part)
		}
	}
	leftOut, is := errors.AsType[*store.Unreadable](last)
	if !is || leftOut.Count != len(tests)+2 {
		t.Fatalf("the dump ends by %v, want %d objects that cannot be read", last, len(tests)+2)
	}
	names := []string{"checkouts a:3: ", "issues a:2, version 7: "}
	for _, id := range tests {
		names = append(names, "tests "+id+": ")
	}
	for _, name := range names {
		if !strings.Contains(last.Error(), "\n"+name) {
			t.Errorf("%v\ndoes not name %q", last, name)
		}
	}
	r.Tests = slices.DeleteFunc(r.Tests, func(o report.Test) bool { return slices.Contains(tests, o.ID) })
	r.Checkouts = slices.DeleteFunc(r.Checkouts, func(o report.Checkout) bool { return o.ID == "a:3" })
	r.Issues = slices.DeleteFunc(r.Issues, func(o report.Issue) bool { return o.ID == "a:2" && o.Version == 7 })
	(suite{}).expect(t, &got, &r)
}
