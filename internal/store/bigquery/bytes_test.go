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
	all := map[string]string{aheadColumn: "INT64", emptyColumn: "ARRAY<STRING>", compactedColumn: "BOOL"}
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
	table, partitions := readBy(t, sql)
	return columnBytes(t, s, sql, table, partitions)
}

// readBy returns the table that a query reads, and the condition that names the partitions.
func readBy(t testing.TB, sql string) (table, partitions string) {
	t.Helper()
	found := fromTable.FindStringSubmatch(sql)
	if found == nil || !strings.Contains(found[2], " IN (") {
		t.Fatalf("a query that does not name its partitions first:\n%s", sql)
	}
	return found[1], found[2]
}

// columnBytes returns the bytes of the columns that a query names, in the rows of a table
// that meet a condition.
func columnBytes(t testing.TB, s *Store, sql, table, condition string) int64 {
	t.Helper()
	var each []string
	words := word.FindAllString(sql, -1)
	for name, kind := range types(table) {
		if slices.Contains(words, name) {
			each = append(each, fmt.Sprintf(sizes[kind], name))
		}
	}
	slices.Sort(each)
	for row, err := range s.rows(t.Context(), query{sql: fmt.Sprintf("SELECT IFNULL(SUM(%s), 0) FROM %s WHERE %s", strings.Join(each, " + "), s.table(table), condition)}) {
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
	for _, sql := range sentFor(t, s, store.Query{Tests: []string{all.Tests[len(all.Tests)/2].ID}, Parents: true}) {
		total += modelled(t, s, sql)
	}
	return total
}

// sentFor returns the SQL of a query that finds at least a test, a build and a checkout.
func sentFor(t testing.TB, s *Store, q store.Query) (sent []string) {
	t.Helper()
	s.sent = func(q query) { sent = append(sent, q.sql) }
	defer func() { s.sent = nil }()
	n := 0
	for r, err := range s.Query(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		n += r.Count()
	}
	if n < 3 {
		t.Fatalf("%d objects, want a test, a build and a checkout at least", n)
	}
	return sent
}

// TestBytesRead: with the same number of tests a day, a query of a test with its parents
// reads hardly more after many days than after one.
func TestBytesRead(t *testing.T) {
	inOneGoroutine(t)
	one := bytesRead(t, readyStore(t), 1, 40)
	many := bytesRead(t, readyStore(t), 20, 40)
	t.Logf("%d bytes of 1 day, %d of 20 days", one, many)
	if one == 0 || float64(many) > 1.5*float64(one) {
		t.Errorf("%d bytes after 20 days, %d after 1 day", many, one)
	}
}

// BenchmarkBytesRead computes the bytes of queries at 100,000 and at 10 million tests, of
// which 20,000 arrive a day, from the bytes of rows in a small database. A query of a list
// reads as much at both sizes, because it names days; a query of the index reads buckets,
// which grow. BigQuery bills 10 MB for each query at least.
func BenchmarkBytesRead(b *testing.B) {
	const tests, perDay = 200, 20_000
	s := readyStore(b)
	r := day(0, tests)
	if _, err := s.Load(b.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		b.Fatal(err)
	}
	bytesAt := func(sql string, total float64) float64 {
		table, partitions := readBy(b, sql)
		if table == indexTable {
			named := float64(strings.Count(partitions, ",") + 1)
			return float64(columnBytes(b, s, sql, table, "TRUE")) * named / buckets * total / tests
		}
		return float64(columnBytes(b, s, sql, table, partitions)) * perDay / tests
	}
	for name, q := range map[string]store.Query{
		"test-with-parents":      {Tests: []string{r.Tests[0].ID}, Parents: true},
		"checkout-with-children": {Checkouts: []string{r.Checkouts[0].ID}, Children: true},
	} {
		b.Run(name, func(b *testing.B) {
			var small, large, billedSmall, billedLarge float64
			for b.Loop() {
				small, large, billedSmall, billedLarge = 0, 0, 0, 0
				for _, sql := range sentFor(b, s, q) {
					at100k, at10M := bytesAt(sql, 100_000), bytesAt(sql, 10_000_000)
					small, large = small+at100k, large+at10M
					billedSmall, billedLarge = billedSmall+max(at100k, 10e6), billedLarge+max(at10M, 10e6)
				}
			}
			b.ReportMetric(small/1e6, "MB-100k")
			b.ReportMetric(large/1e6, "MB-10M")
			b.ReportMetric(billedLarge/1e6, "MB-billed-10M")
			b.ReportMetric(large/small, "x")
			b.ReportMetric(billedLarge/billedSmall, "x-billed")
		})
	}
}
