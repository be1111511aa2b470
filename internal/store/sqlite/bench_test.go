// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkLoad decodes, validates and loads submissions, each batch on disk
// before the next, as "kcidb db load" does. The ratio is the time that the engine takes to insert the
// same rows, decoded before, with excerpts and all in them, into tables
// without any index, in one transaction, to that of ours.
func BenchmarkLoad(b *testing.B) {
	texts := storebench.Submissions(b)
	var decoded []*report.Report
	objects := 0
	for batch, err := range storebench.Batches(texts) {
		if err != nil {
			b.Fatal(err)
		}
		decoded = append(decoded, batch)
		objects += batch.Count()
	}
	var ours, raw time.Duration
	var size int64
	for b.Loop() {
		file := filepath.Join(b.TempDir(), "x.sqlite")
		s, err := Open(file)
		if err != nil {
			b.Fatal(err)
		}
		fresh(b, s)
		began := time.Now()
		for batch, err := range prefetch.Seq2(storebench.Batches(texts)) {
			if err == nil {
				_, err = s.Load(b.Context(), batch, store.LoadOptions{})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		ours += time.Since(began)
		storetest.VerifyRollups(b, s)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
		raw += insertRows(b, decoded)
	}
	b.ReportMetric(raw.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/load")
	b.ReportMetric(float64(objects*b.N)/ours.Seconds(), "objects/s")
	b.ReportMetric(float64(size)/1e6, "MB")
}

// insertRows inserts rows as fast as the engine can, and returns how long that
// takes.
func insertRows(b *testing.B, reports []*report.Report) time.Duration {
	db := openPool("file:"+filepath.Join(b.TempDir(), "raw.sqlite")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)", 1)
	defer db.Close()
	for i := range tables {
		t := &tables[i]
		if _, err := db.Exec("CREATE TABLE " + string(t.List) + " (" + strings.Join(t.Columns, ", ") + ", times)"); err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	for i := range tables {
		t := &tables[i]
		insert, err := tx.Prepare(t.insertSQL())
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range reports {
			for row := range merging.Rows(&t.Table, r) {
				if _, err := insert.Exec(append(row, nil)...); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkTimes measures the times of properties, which only objects have that
// were reported in pieces: of real submissions, received one after the other, and of
// generated tests in two pieces each.
func BenchmarkTimes(b *testing.B) {
	for b.Loop() {
		s := OpenMemory("real")
		fresh(b, s)
		objects := storebench.LoadApart(b, s, storebench.Submissions(b))
		bytes, rows := timesOf(b, s)
		b.ReportMetric(float64(bytes)/float64(objects), "B/real-object")
		b.ReportMetric(100*float64(rows)/float64(objects), "%-in-pieces")
		s.Close()

		s = OpenMemory("pieces")
		fresh(b, s)
		storebench.LoadPieces(b, s, 10_000)
		bytes, rows = timesOf(b, s)
		b.ReportMetric(float64(bytes)/float64(rows), "B/piecewise-test")
		s.Close()
	}
}

// timesOf returns how many bytes the times of all objects take, and of how many
// objects they are.
func timesOf(b *testing.B, s *Store) (bytes, rows int64) {
	for i := range tables {
		var size, n int64
		if err := s.read.QueryRowContext(b.Context(), "SELECT coalesce(sum(length(times)), 0), count(times) FROM "+string(tables[i].List)).Scan(&size, &n); err != nil {
			b.Fatal(err)
		}
		bytes, rows = bytes+size, rows+n
	}
	return bytes, rows
}

// BenchmarkGrowth dumps a database of a million generated objects, loads the
// dump into another and queries that. The ratios are of its rates to those of
// a hundred thousand objects, dumped and loaded ten times, and for a query of
// a test with its parents to the time it takes among ten thousand.
func BenchmarkGrowth(b *testing.B) {
	for b.Loop() {
		small, middle, large := measure(b, 10_000, 1), measure(b, 100_000, 10), measure(b, 1_000_000, 1)
		b.ReportMetric(large.load, "load-objects/s")
		b.ReportMetric(large.load/middle.load, "load-ratio")
		b.ReportMetric(large.dump, "dump-objects/s")
		b.ReportMetric(large.dump/middle.dump, "dump-ratio")
		b.ReportMetric(large.query.Seconds()*1e6, "µs/query")
		b.ReportMetric(large.query.Seconds()/small.query.Seconds(), "query-ratio")
		b.ReportMetric(large.memory, "peak-MB")
	}
}

type measured struct {
	load, dump float64 // objects per second
	query      time.Duration
	memory     float64 // most of the process's, in MB, 0 where the system does not tell
}

// measure makes a database of so many objects, dumps it and loads the dump
// into a new one, several times, and queries the last.
func measure(b *testing.B, objects, times int) (m measured) {
	file := filepath.Join(b.TempDir(), "a.sqlite")
	tests := generate(b, file, objects)
	var loaded *Store
	var loading, dumping time.Duration
	total := 0
	for range times {
		if loaded != nil {
			loaded.Close()
		}
		dump := filepath.Join(b.TempDir(), "dump.json")
		forgetPeakMemory()
		began := time.Now()
		total += dumpTo(b, file, io.Discard)
		dumping += time.Since(began)
		m.memory = max(m.memory, peakMemory())

		out, err := os.Create(dump)
		if err != nil {
			b.Fatal(err)
		}
		dumpTo(b, file, out)
		if err := out.Close(); err != nil {
			b.Fatal(err)
		}
		loaded = openAt(b, filepath.Join(b.TempDir(), "b.sqlite"))
		fresh(b, loaded)
		forgetPeakMemory()
		began = time.Now()
		loadFrom(b, loaded, dump)
		loading += time.Since(began)
		m.memory = max(m.memory, peakMemory())
		os.Remove(dump)
	}
	m.dump, m.load = float64(total)/dumping.Seconds(), float64(total)/loading.Seconds()
	defer loaded.Close()
	storetest.VerifyRollups(b, loaded)

	query := func() {
		for i := range tests {
			for _, err := range loaded.Query(b.Context(), store.Query{Tests: tests[i:][:1], Parents: true}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	query() // the caches fill
	began := time.Now()
	query()
	m.query = time.Since(began) / time.Duration(len(tests))
	return m
}

func openAt(b *testing.B, file string) *Store {
	s, err := Open(file)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// generate makes a database of at least so many objects, and returns the IDs
// of 2,000 tests from all over it.
func generate(b *testing.B, file string, objects int) (tests []string) {
	const queries = 2000
	s := openAt(b, file)
	defer s.Close()
	fresh(b, s)
	loaded := 0
	batch := &report.Report{}
	for r := range sample.Reports(sample.Options{Checkouts: 1 + objects/100}) {
		batch.Append(r)
		if batch.Count() < storebench.BatchObjects {
			continue
		}
		changes, err := s.Load(b.Context(), batch, store.LoadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range changes.Objects {
			if c.Created {
				loaded++
			}
		}
		every := max(1, objects/queries)
		for i := 0; i < len(batch.Tests); i += every {
			tests = append(tests, batch.Tests[i].ID)
		}
		batch = &report.Report{}
		if loaded >= objects {
			break
		}
	}
	return tests
}

// dumpTo writes what is in a database as "kcidb db dump" does, and returns how
// many objects these are.
func dumpTo(b *testing.B, database string, out io.Writer) (objects int) {
	s := openAt(b, database)
	defer s.Close()
	parts := func(yield func(*report.Report, error) bool) {
		for r, err := range s.Dump(b.Context(), store.DumpOptions{Metadata: true}) {
			if err == nil {
				objects += r.Count()
			}
			if !yield(r, err) {
				return
			}
		}
	}
	if err := report.NewWriter(out).WriteParts(parts); err != nil {
		b.Fatal(err)
	}
	return objects
}

// loadFrom loads a file into a database, as "kcidb db load" does.
func loadFrom(b *testing.B, s *Store, file string) {
	in, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	for part, err := range prefetch.Seq2(report.NewReader(in).Parts(storebench.BatchObjects)) {
		if err == nil {
			_, err = s.Load(b.Context(), part, store.LoadOptions{Metadata: true})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// forgetPeakMemory makes peakMemory count from now on.
func forgetPeakMemory() {
	debug.FreeOSMemory()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peakMemory returns the most memory the process had, in MB.
func peakMemory() (megabytes float64) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); n == 1 {
			megabytes = kilobytes / 1000
		}
	}
	return megabytes
}

// BenchmarkReceipts measures what the details of receipts cost.
func BenchmarkReceipts(b *testing.B) {
	storebench.Receipts(b, func() store.Store {
		s, err := Open(filepath.Join(b.TempDir(), "x.sqlite"))
		if err != nil {
			b.Fatal(err)
		}
		fresh(b, s)
		b.Cleanup(func() { s.Close() })
		return s
	})
}
