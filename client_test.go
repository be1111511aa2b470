// SPDX-License-Identifier: Apache-2.0

package kcidb_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/report"
)

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
	client, err := kcidb.OpenDatabase(t.Context(), newDatabase(t))
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

func TestDatabaseNotThere(t *testing.T) {
	client, err := kcidb.OpenDatabase(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "none.db"))
	if err == nil {
		_, err = client.Submit(t.Context(), oneCheckout)
		client.Close()
	}
	if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrNotInitialized) {
		t.Errorf("got %v", err)
	}
}

func TestQueue(t *testing.T) {
	url := "embedded:" + t.TempDir()
	q, err := jetstream.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(q.Init(t.Context()), q.Close()); err != nil {
		t.Fatal(err)
	}
	client, err := kcidb.OpenQueue(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id, err := client.Submit(t.Context(), oneCheckout)
	if err != nil || len(id) != 32 {
		t.Fatalf("got %q, %v", id, err)
	}
	status, err := client.Status(t.Context(), id)
	if err != nil || status.State != kcidb.StateReady {
		t.Errorf("got %v, %v", status, err)
	}
	if _, err := client.Status(t.Context(), "nothing"); !errors.Is(err, kcidb.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	unsupported(t, client)
}

// What a service answers is what its database has.
func TestQueryOverHTTP(t *testing.T) {
	address, database, stop := startService()
	defer stop()
	stored, err := kcidb.OpenDatabase(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	client, err := kcidb.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	const odd = `ci:é,&?#=%+ "<`
	all := &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}},
		Builds:    []report.Build{{ID: odd, Origin: "ci", CheckoutID: "ci:c"}},
		Issues:    []report.Issue{{ID: odd, Version: 3, Origin: "ci"}},
		Incidents: []report.Incident{{ID: "ci:n", Origin: "ci", IssueID: odd, IssueVersion: 3}},
	}
	for i := range 2500 {
		all.Tests = append(all.Tests, report.Test{ID: fmt.Sprintf("ci:t%04d", i), Origin: "ci", BuildID: odd})
	}
	if _, err := stored.Submit(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	issue := []kcidb.IssueKey{{ID: odd, Version: 3}}
	queries := map[string]kcidb.Query{
		"nothing":        {},
		"not there":      {Tests: []string{"ci:none"}},
		"parents":        {Tests: []string{"ci:t0007"}, Parents: true},
		"children":       {Checkouts: []string{"ci:c"}, Children: true},
		"issue":          {Issues: issue, Children: true, Metadata: true},
		"one by one":     {Issues: issue, Incidents: []string{"ci:n"}, PerReport: 1},
		"all there are":  {Builds: []string{odd}, Issues: issue, Incidents: []string{"ci:n"}, Parents: true, Children: true},
		"in large parts": {Builds: []string{odd}, Children: true, PerReport: 2000},
	}
	for name, q := range queries {
		t.Run(name, func(t *testing.T) {
			got, want := found(t, client, q), found(t, stored, q)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the database, then the service:\n%s", diff)
			}
		})
	}
	n := 0
	for _, err := range client.Query(t.Context(), kcidb.Query{Builds: []string{odd}, Children: true, PerReport: 100}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d parts before breaking off, want 2", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := onlyError(t, client.Query(ctx, kcidb.Query{Builds: []string{odd}})); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
	err = onlyError(t, client.Query(t.Context(), kcidb.Query{Tests: make([]string, 6000)}))
	server, ok := errors.AsType[*kcidb.ServerError](err)
	if !ok || server.StatusCode != 400 || server.Message != "6000 objects are named: at most 5000 may be" {
		t.Errorf("too much asked: %v", err)
	}
}

// onlyError returns the one error that is all of an answer.
func onlyError(t *testing.T, answer iter.Seq2[*report.Report, error]) error {
	t.Helper()
	var all []error
	for r, err := range answer {
		if r != nil {
			t.Errorf("a report of %d objects", r.Count())
		}
		all = append(all, err)
	}
	if len(all) != 1 {
		t.Fatalf("%d results, want the one error", len(all))
	}
	return all[0]
}

// found returns the JSON of each report of the answer.
func found(t *testing.T, client *kcidb.Client, q kcidb.Query) (reports []string) {
	t.Helper()
	for r, err := range client.Query(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		filled := new(report.Report) // without empty lists
		filled.Append(r)
		reports = append(reports, string(filled.AppendJSON(nil)))
	}
	return reports
}

// Services of other kinds take reports, and cannot be asked for them.
func TestQueryOfAnotherService(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client, err := kcidb.Connect(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	unsupported(t, client)
}

func unsupported(t *testing.T, client *kcidb.Client) {
	t.Helper()
	if err := onlyError(t, client.Query(t.Context(), kcidb.Query{Tests: []string{"ci:t"}})); !errors.Is(err, kcidb.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

func TestSubmitStream(t *testing.T) {
	client, err := kcidb.OpenDatabase(t.Context(), newDatabase(t))
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
