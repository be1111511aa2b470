// SPDX-License-Identifier: Apache-2.0

package kcidb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/local"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// odd is an ID with characters that mean something in addresses, forms and patterns.
const odd = `ci:é,&?#=%+ "<`

// connectBoth returns a client of a new service, and a client of its database, which has
// objects of all types.
func connectBoth(t *testing.T) (client, stored *kcidb.Client) {
	t.Helper()
	address, database, stop := startService()
	t.Cleanup(stop)
	stored, err := local.OpenDatabase(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stored.Close() })
	client, err = kcidb.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	all := &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci", GitCommitHash: new("5e29d1443c465e29d1443c465e29d1443c465e29"), GitCommitName: new("v6.1")}},
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
	return client, stored
}

// TestQueryOverHTTP checks that a service answers what its database has.
func TestQueryOverHTTP(t *testing.T) {
	client, stored := connectBoth(t)
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
			got, want := queryReports(t, client, q), queryReports(t, stored, q)
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
	err := onlyError(t, client.Query(t.Context(), kcidb.Query{Tests: make([]string, 6000)}))
	server, ok := errors.AsType[*kcidb.ServerError](err)
	if !ok || server.StatusCode != 400 || server.Message != "6000 objects are named: at most 5000 are allowed" {
		t.Errorf("too much asked: %v", err)
	}
}

// TestMatchOverHTTP checks that a service finds by patterns what its database has.
func TestMatchOverHTTP(t *testing.T) {
	client, stored := connectBoth(t)
	for name, tt := range map[string]struct {
		patterns string
		want     int // objects
	}{
		"nothing":           {">test[]#", 0},
		"not there":         {">test[ci:none]#", 0},
		"a test and above":  {">test[ci:t0007]<*#", 3},
		"all of a revision": {`>revision[5e29d1443c465e29d1443c465e29d1443c465e29, ""]#>*#`, 1 + 1 + 1 + 2500},
		"an issue":          {object.IssueRef(odd).Pattern().String() + ">*#", 3},
		"an odd build":      {object.BuildRef(odd).Pattern().String(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			patterns, err := object.Parse(tt.patterns)
			if err != nil {
				t.Fatal(err)
			}
			got, n := matched(t, client, patterns)
			want, _ := matched(t, stored, patterns)
			if n != tt.want {
				t.Errorf("%d objects, want %d", n, tt.want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the database, then the service:\n%s", diff)
			}
		})
	}
	for range client.Match(t.Context(), nil) {
		t.Error("no patterns find something")
	}
	for set, err := range client.Match(t.Context(), []object.Pattern{object.Of(object.TypeCheckout, object.ID{"ci:c"})}) {
		if err != nil || len(set.Report.Checkouts) != 1 || set.Report.Checkouts[0].Timestamp == nil {
			t.Errorf("got %v, %v, want a checkout with its time", set, err)
		}
	}
	err := onlyError(t, client.Match(t.Context(), make101(object.Of(object.TypeTest, object.ID{"ci:none"}))))
	if server, ok := errors.AsType[*kcidb.ServerError](err); !ok || server.StatusCode < 400 || server.StatusCode >= 500 {
		t.Errorf("too many patterns: %v", err)
	}
}

func make101(p object.Pattern) []object.Pattern {
	all := make([]object.Pattern, 101)
	for i := range all {
		all[i] = p
	}
	return all
}

// matched returns the JSON of all objects of an answer, and their number.
func matched(t *testing.T, client *kcidb.Client, patterns []object.Pattern) (text string, n int) {
	t.Helper()
	var b bytes.Buffer
	w := object.NewSetWriter(&b, 0, false)
	for set, err := range client.Match(t.Context(), patterns) {
		if err != nil {
			t.Fatal(err)
		}
		n += set.Count()
		if err := w.Write(set); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), n
}

// onlyError returns the error that an answer consists of.
func onlyError[T interface {
	comparable
	Count() int
}](t *testing.T, answer iter.Seq2[T, error]) error {
	t.Helper()
	var all []error
	var none T
	for part, err := range answer {
		if part != none {
			t.Errorf("a part of %d objects", part.Count())
		}
		all = append(all, err)
	}
	if len(all) != 1 {
		t.Fatalf("%d results, want an error and nothing else", len(all))
	}
	return all[0]
}

// queryReports returns the JSON of each report of the answer.
func queryReports(t *testing.T, client *kcidb.Client, q kcidb.Query) (reports []string) {
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

// TestQueryOfAnotherService asks a service that takes reports, and answers no
// questions.
func TestQueryOfAnotherService(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client, err := kcidb.Connect(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := onlyError(t, client.Query(t.Context(), kcidb.Query{Tests: []string{"ci:t"}})); !errors.Is(err, kcidb.ErrUnsupported) {
		t.Errorf("Query: got %v, want ErrUnsupported", err)
	}
	if err := onlyError(t, client.Match(t.Context(), []object.Pattern{object.All(object.TypeTest)})); !errors.Is(err, kcidb.ErrUnsupported) {
		t.Errorf("Match: got %v, want ErrUnsupported", err)
	}
}
