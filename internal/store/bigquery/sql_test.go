// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"iter"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/civil"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/internal/testing/zetasql"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestAnalyzerAcceptsSQL analyzes each text that the driver sends during operations of every
// kind.
func TestAnalyzerAcceptsSQL(t *testing.T) {
	inOneGoroutine(t)
	s := open(t, bigquerytest.Spec(t))
	var texts []zetasql.Text
	var mu sync.Mutex
	seen := make(map[string]bool)
	s.sent = func(q query) {
		mu.Lock()
		defer mu.Unlock()
		if !seen[q.sql] {
			seen[q.sql] = true
			texts = append(texts, zetasql.Text{Name: "sent", SQL: q.sql, Params: paramTypes(t, q)})
		}
	}
	useAll(t, s)
	zetasql.Check(t, nil, texts)
}

// paramTypes returns the types of the parameters of a query.
func paramTypes(t *testing.T, q query) map[string]string {
	all := make(map[string]string)
	for _, p := range q.params {
		switch p.Value.(type) {
		case string:
			all[p.Name] = "STRING"
		case []string:
			all[p.Name] = "ARRAY<STRING>"
		case time.Time:
			all[p.Name] = "TIMESTAMP"
		case []civil.Date:
			all[p.Name] = "ARRAY<DATE>"
		default:
			t.Errorf("parameter %s: a %T has no type here", p.Name, p.Value)
		}
	}
	return all
}

// useAll does operations of every kind with a database that does not exist yet.
func useAll(t *testing.T, s *Store) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Init(ctx, store.Version{}))
	all := conformance.Dataset(t)
	receipts := []store.Receipt{{ID: "1", Origin: "a", Received: time.Now(), Finished: time.Now()}}
	load := func(r *report.Report, opts store.LoadOptions) {
		t.Helper()
		_, err := s.Load(ctx, r, opts)
		must(err)
	}
	load(all, store.LoadOptions{Receipts: receipts})
	// Rows of several loads on two days that are long past, and on the day before a purge.
	for hour := range 3 {
		load(all, store.LoadOptions{Arrival: time.Date(2025, 7, 1, 4*hour+11, 0, 0, 0, time.UTC)})
	}
	load(all, store.LoadOptions{Arrival: time.Date(2025, 7, 2, 0, 0, 0, 0, time.UTC)})
	load(all, store.LoadOptions{Metadata: true}) // without times, so it reads those of the database

	question := store.Query{Checkouts: []string{all.Checkouts[0].ID}, Builds: []string{all.Builds[0].ID}, Tests: []string{all.Tests[0].ID},
		Incidents: []string{all.Incidents[0].ID}, Issues: []store.Key{{ID: all.Issues[0].ID, Version: all.Issues[0].Version}}, Parents: true, Children: true}
	for _, ctx := range []context.Context{ctx, s.Estimate(ctx, new(atomic.Int64))} {
		must(drain(s.Query(ctx, question)))
		must(drain(s.Dump(ctx, store.DumpOptions{})))
		must(drain(s.Dump(ctx, store.DumpOptions{After: time.Unix(0, 0)})))
		must(drain(s.Dump(ctx, store.DumpOptions{Until: time.Now()})))
		must(drain(s.Dump(ctx, store.DumpOptions{After: time.Unix(0, 0), Until: time.Now()})))
	}
	patterns, err := object.Parse(">*#")
	must(err)
	must(drain(s.Match(ctx, patterns, store.MatchOptions{})))
	_, err = s.Previous(ctx, store.Like{Origin: all.Checkouts[0].Origin, Before: time.Now()}, 3)
	must(err)
	must(drain(s.Outcomes(ctx, []string{all.Builds[0].ID})))
	must(drain(s.Runs(ctx, []string{all.Builds[0].ID}, store.RunKey{})))
	for _, which := range []store.Clock{store.Current, store.FirstModified, store.LastModified, store.Next} {
		_, err := s.Time(ctx, which)
		must(err)
	}
	_, err = s.Receipt(ctx, "1")
	must(err)
	must(s.SaveReceipts(ctx, receipts))
	_, err = s.Loaded(ctx, []string{"1", "2"})
	must(err)
	must(s.PurgeReceipts(ctx, time.Now()))
	must(s.Compact(ctx, nil))
	for _, keep := range []bool{true, false} {
		must(s.Purge(ctx, store.PurgeOptions{Before: time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC), KeepIncidents: keep}))
		load(all, store.LoadOptions{Arrival: time.Date(2025, 7, 1, 11, 0, 0, 0, time.UTC)})
	}
	must(s.Purge(ctx, store.PurgeOptions{Before: time.Now()}))
	must(s.Empty(ctx))
}

// drain takes all of a stream.
func drain[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestAnalyzerAcceptsMany analyzes texts of queries of more days than are named, and checks
// that BigQuery takes the longest text.
func TestAnalyzerAcceptsMany(t *testing.T) {
	inOneGoroutine(t)
	s := &Store{project: "p", dataset: "d"}
	var texts []zetasql.Text
	for _, days := range []int{mostDays, mostDays + 1} {
		named := make(map[civil.Date]bool)
		for i := range days {
			named[civil.Date{Year: 2020, Month: 1, Day: 1}.AddDays(i)] = true
		}
		for i := range tables {
			text := zetasql.Text{Name: fmt.Sprint(tables[i].List, ": ", days, " days"), SQL: s.someSQL(&tables[i], propertyColumns(&tables[i], nil), named),
				Params: map[string]string{"ids": "ARRAY<STRING>"}}
			if n := len(text.SQL); n > 400_000 {
				t.Errorf("%s has %d bytes, which with a chunk of parameters is more than BigQuery takes", text.Name, n)
			}
			texts = append(texts, text)
		}
	}
	zetasql.Check(t, s.createAll(), texts)
}

// TestAnalyzerAcceptsGuide analyzes the SQL of the guide.
func TestAnalyzerAcceptsGuide(t *testing.T) {
	inOneGoroutine(t)
	guide, err := os.ReadFile("../../../docs/google-cloud.md")
	if err != nil {
		t.Fatal(err)
	}
	var texts []zetasql.Text
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(guide), -1) {
		texts = append(texts, zetasql.Text{Name: "docs/google-cloud.md", SQL: strings.TrimSpace(block[1])})
	}
	if len(texts) == 0 {
		t.Error("the guide has no SQL")
	}
	s := &Store{project: "p", dataset: "kcidb"}
	zetasql.Check(t, s.createAll(), texts)
}
