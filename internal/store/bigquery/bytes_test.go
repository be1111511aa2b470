// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// The price of a query is modelled like this: BigQuery reads the columns that a query
// names, of all rows in the partitions that it names. A text has its bytes and 2, and a
// number or a time has 8. The model leaves out that BigQuery charges 10 MB per table at
// least, and that clustering lets it skip parts of a partition: both make large databases
// look better. It also leaves out answers from the cache.

// sizes are the bytes of a value of a column by its type in SQL.
var sizes = map[string]string{
	"STRING": "IFNULL(BYTE_LENGTH(%[1]s) + 2, 0)", "INT64": "IF(%[1]s IS NULL, 0, 8)", "FLOAT64": "IF(%[1]s IS NULL, 0, 8)",
	"TIMESTAMP": "IF(%[1]s IS NULL, 0, 8)", "DATE": "IF(%[1]s IS NULL, 0, 8)", "BOOL": "IF(%[1]s IS NULL, 0, 1)",
	"ARRAY<STRING>":                          "IFNULL((SELECT SUM(BYTE_LENGTH(v) + 2) FROM UNNEST(%[1]s) AS v), 0)",
	"ARRAY<STRUCT<name STRING, url STRING>>": "IFNULL((SELECT SUM(BYTE_LENGTH(v.name) + BYTE_LENGTH(v.url) + 4) FROM UNNEST(%[1]s) AS v), 0)",
}

// types returns the types of the columns of a table.
func types(table string) map[string]string {
	if table == indexTable {
		return map[string]string{"bucket": "INT64", "relation": "STRING", "key": "STRING", "version": "INT64", "id": "STRING", "day": "DATE"}
	}
	all := map[string]string{aheadColumn: "INT64", emptyColumn: "ARRAY<STRING>"}
	t := tableOf(store.List(strings.TrimPrefix(table, "raw_")))
	for i, name := range t.Columns {
		all[name] = sqlTypes[t.Kinds[i]]
	}
	return all
}

var (
	fromTable = regexp.MustCompile("FROM `p\\.[^.`]+\\.([a-z_]+)` WHERE (.*?) AND ")
	word      = regexp.MustCompile(`[a-z_]+`)
)

// modelled returns the bytes of a query by the model.
func modelled(t testing.TB, s *Store, sql string) int64 {
	t.Helper()
	found := fromTable.FindStringSubmatch(sql)
	if found == nil || !strings.Contains(found[2], " IN (") {
		t.Fatalf("a query that does not name its partitions first:\n%s", sql)
	}
	var each []string
	words := word.FindAllString(sql, -1)
	for name, kind := range types(found[1]) {
		if slices.Contains(words, name) {
			each = append(each, fmt.Sprintf(sizes[kind], name))
		}
	}
	slices.Sort(each)
	for row, err := range s.rows(t.Context(), query{sql: fmt.Sprintf("SELECT IFNULL(SUM(%s), 0) FROM %s WHERE %s", strings.Join(each, " + "), s.table(found[1]), found[2])}) {
		if err != nil {
			t.Fatal(err)
		}
		n, _ := row[0].(int64)
		return n
	}
	return 0
}

// day returns the objects of a day: a checkout with 4 builds and their tests.
func day(n, tests int) *report.Report {
	at := new(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n))
	checkout := fmt.Sprintf("ci:%d", n)
	r := &report.Report{Checkouts: []report.Checkout{{ID: checkout, Origin: "ci", GitCommitHash: new(strings.Repeat("a", 40)), Timestamp: at}}}
	for i := range 4 {
		build := fmt.Sprintf("%s.%d", checkout, i)
		r.Builds = append(r.Builds, report.Build{ID: build, Origin: "ci", CheckoutID: checkout, Architecture: new("arm64"), Timestamp: at})
		for j := range tests / 4 {
			r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", build, j), Origin: "ci", BuildID: build, Path: new("ltp.syscalls.open01"),
				Status: new(report.StatusPass), LogURL: new("https://storage.example.org/logs/" + build + "/log.txt.gz"),
				Environment: &report.Environment{Compatible: []string{"vendor,board", "vendor,chip"}, Misc: []byte(`{"platform":"a-board-of-a-lab"}`)},
				Misc:        []byte(`{"runtime":"lava-lab","job":"https://lava.example.org/scheduler/job/1"}`), Timestamp: at})
		}
	}
	return r
}

// bytesRead loads days of tests, and returns the modelled bytes of a query of a test with
// its parents.
func bytesRead(t testing.TB, s *Store, days, tests int) (total int64) {
	t.Helper()
	all := &report.Report{}
	for n := range days {
		all.Append(day(n, tests))
	}
	if _, err := s.Load(t.Context(), all, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
	var sent []string
	s.sent = func(sql string) { sent = append(sent, sql) }
	n := 0
	for r, err := range s.Query(t.Context(), store.Query{Tests: []string{all.Tests[len(all.Tests)/2].ID}, Parents: true}) {
		if err != nil {
			t.Fatal(err)
		}
		n += r.Count()
	}
	s.sent = nil
	if n != 3 {
		t.Fatalf("%d objects, want a test, a build and a checkout", n)
	}
	for _, sql := range sent {
		total += modelled(t, s, sql)
	}
	return total
}

// TestBytesRead: with the same number of tests a day, a query of a test with its parents
// reads hardly more after many days than after one.
func TestBytesRead(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
	one := bytesRead(t, readyStore(t), 1, 40)
	many := bytesRead(t, readyStore(t), 20, 40)
	t.Logf("%d bytes of 1 day, %d of 20 days", one, many)
	if one == 0 || float64(many) > 1.5*float64(one) {
		t.Errorf("%d bytes after 20 days, %d after 1 day", many, one)
	}
}

// BenchmarkBytesRead is TestBytesRead with more tests: 100 times as many.
func BenchmarkBytesRead(b *testing.B) {
	one := bytesRead(b, readyStore(b), 1, 200)
	many := bytesRead(b, readyStore(b), 100, 200)
	for b.Loop() {
	}
	b.ReportMetric(float64(one), "bytes-1-day")
	b.ReportMetric(float64(many), "bytes-100-days")
	b.ReportMetric(float64(many)/float64(one), "x")
}
