// SPDX-License-Identifier: Apache-2.0

package local_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/local"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

const emptyReport = `{"version":{"major":5,"minor":3}}`

var oneCheckout = &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci"}}}

// newDatabase returns the specification of a new database.
func newDatabase(t *testing.T) string {
	t.Helper()
	spec := "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	s, err := all.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Init(t.Context(), store.Version{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestDatabase(t *testing.T) {
	client, err := local.OpenDatabase(t.Context(), newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id, err := client.Submit(t.Context(), oneCheckout)
	if err != nil || len(id) != 32 {
		t.Fatalf("got %q, %v", id, err)
	}
	status, err := client.Status(t.Context(), id)
	if err != nil || status.State != kcidb.StateProcessed {
		t.Errorf("got %v, %v", status, err)
	}
	if _, err := client.Status(t.Context(), "nothing"); !errors.Is(err, kcidb.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	issue := &report.Report{
		Issues:    []report.Issue{{ID: "ci:i", Version: 3, Origin: "ci"}},
		Incidents: []report.Incident{{ID: "ci:n", Origin: "ci", IssueID: "ci:i", IssueVersion: 3}},
	}
	if _, err := client.Submit(t.Context(), issue); err != nil {
		t.Fatal(err)
	}
	found := new(report.Report)
	query := kcidb.Query{Issues: []kcidb.IssueKey{{ID: "ci:i", Version: 3}}, Children: true, Metadata: true, PerReport: 1}
	for r, err := range client.Query(t.Context(), query) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Count() > 1 {
			t.Errorf("%d objects in a report", r.Count())
		}
		found.Append(r)
	}
	if len(found.Issues) != 1 || len(found.Incidents) != 1 || found.Issues[0].Timestamp == nil {
		t.Errorf("found %s", found.AppendJSON(nil))
	}
	for range client.Query(t.Context(), kcidb.Query{}) {
		t.Error("the empty query finds something")
	}
}

// TestMatchUnsupported matches in a database that does not know relations.
func TestMatchUnsupported(t *testing.T) {
	client, err := local.OpenDatabase(t.Context(), "null")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	n := 0
	for set, err := range client.Match(t.Context(), []object.Pattern{object.All(object.TypeTest)}) {
		if n++; set != nil || !errors.Is(err, kcidb.ErrUnsupported) {
			t.Errorf("got %v, %v, want ErrUnsupported", set, err)
		}
	}
	if n != 1 {
		t.Errorf("%d results, want the error", n)
	}
}

func TestDatabaseNotThere(t *testing.T) {
	client, err := local.OpenDatabase(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "none.db"))
	if err == nil {
		_, err = client.Submit(t.Context(), oneCheckout)
		client.Close()
	}
	if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrNotInitialized) {
		t.Errorf("got %v", err)
	}
}

func TestSubmitStream(t *testing.T) {
	client, err := local.OpenDatabase(t.Context(), newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	tests := []struct {
		name, stream string
		want         string // a letter for each: accepted, refused, broken
	}{
		{"nothing", " \n", ""},
		{"two", emptyReport + emptyReport, "aa"},
		{"one refused", emptyReport + `{"version":{"major":9}}` + emptyReport, "ara"},
		{"not a report", `7 "x" null`, "rrr"},
		{"cut off", emptyReport + `{"version":`, "ab"},
		{"no JSON", emptyReport + `}` + emptyReport, "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for id, err := range client.SubmitStream(t.Context(), strings.NewReader(tt.stream)) {
				switch {
				case (id == "") == (err == nil):
					t.Errorf("got %q and %v", id, err)
				case err == nil:
					got += "a"
				case strings.Contains(err.Error(), "invalid report"):
					got += "r"
				default:
					got += "b"
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range client.SubmitStream(ctx, strings.NewReader(strings.Repeat(emptyReport, 100))) {
		if n++; n == 3 {
			cancel()
		}
		if n > 3 && !errors.Is(err, context.Canceled) {
			t.Errorf("result %d is %v, after the end of the context", n, err)
		}
	}
	if n != 4 {
		t.Errorf("%d results, want 3 and an error", n)
	}
}
