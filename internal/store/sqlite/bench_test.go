// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"archive/zip"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/gen"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// submissions returns the texts of real submissions, where they are there, and
// of generated ones else.
func submissions(b *testing.B) (texts [][]byte) {
	z, err := zip.OpenReader("../../../../shared/data/submissions.zip")
	if err != nil {
		b.Log("generated submissions, for there are no real ones: ", err)
		for r := range gen.Reports(gen.Options{Checkouts: 6}) {
			texts = append(texts, r.AppendJSON(nil))
		}
		return texts
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

// batches decodes submissions, and puts them together as the loader does.
func batches(b *testing.B, texts [][]byte) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		batch, messages := &report.Report{}, 0
		for _, text := range texts {
			r, err := report.Decode(text)
			if err != nil {
				b.Error(err)
				return
			}
			if messages > 0 && (messages == 256 || batch.Count()+r.Count() > 8192) {
				if !yield(batch) {
					return
				}
				batch, messages = &report.Report{}, 0
			}
			batch.Append(r)
			messages++
		}
		yield(batch)
	}
}

// ahead has the next value made while the last is used.
func ahead[T any](values iter.Seq[T]) iter.Seq[T] {
	made := make(chan T, 1)
	go func() {
		defer close(made)
		for v := range values {
			made <- v
		}
	}()
	return func(yield func(T) bool) {
		for v := range made {
			if !yield(v) {
				break
			}
		}
	}
}

// BenchmarkLoad decodes, validates and loads submissions, each batch on disk
// before the next. The ratio is the time that the engine takes to insert the
// same rows, decoded before, with excerpts and all in them, into tables
// without any index, in one transaction, to that of ours.
func BenchmarkLoad(b *testing.B) {
	texts := submissions(b)
	var decoded []*report.Report
	objects := 0
	for batch := range batches(b, texts) {
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
		for batch := range ahead(batches(b, texts)) {
			if _, err := s.Load(b.Context(), batch, store.LoadOptions{}); err != nil {
				b.Fatal(err)
			}
		}
		ours += time.Since(began)
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
		if _, err := db.Exec("CREATE TABLE " + string(t.list) + " (" + strings.Join(t.columns, ", ") + ")"); err != nil {
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
			for row := range t.rows(r) {
				if _, err := insert.Exec(row...); err != nil {
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

// BenchmarkGrowth loads, dumps and queries a database of a million generated
// objects. The ratios are of its rates to those of one of a hundred thousand,
// and for a query of a test with its parents to one of ten thousand.
func BenchmarkGrowth(b *testing.B) {
	for b.Loop() {
		small, middle, large := measure(b, 10_000), measure(b, 100_000), measure(b, 1_000_000)
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

// measure loads at least so many objects into a new database, and reads them.
func measure(b *testing.B, objects int) measured {
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // forget the most memory so far
	s, err := Open(filepath.Join(b.TempDir(), "x.sqlite"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	fresh(b, s)
	var m measured
	var spent time.Duration
	var tests []string
	loaded := 0
	batch := &report.Report{}
	for r := range gen.Reports(gen.Options{Checkouts: 1 + objects/100}) {
		batch.Append(r)
		if batch.Count() < 4096 {
			continue
		}
		began := time.Now()
		if _, err := s.Load(b.Context(), batch, store.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(began)
		loaded += batch.Count()
		if len(batch.Tests) > 0 {
			tests = append(tests, batch.Tests[len(batch.Tests)/2].ID)
		}
		batch = &report.Report{}
		if loaded >= objects {
			break
		}
	}
	m.load = float64(loaded) / spent.Seconds()

	began, dumped := time.Now(), 0
	for r, err := range s.Dump(b.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			b.Fatal(err)
		}
		dumped += r.Count()
	}
	m.dump = float64(dumped) / time.Since(began).Seconds()

	const queries = 200
	began = time.Now()
	for i := range queries {
		for _, err := range s.Query(b.Context(), store.Query{Tests: tests[i%len(tests) : i%len(tests)+1], Parents: true}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	m.query = time.Since(began) / queries
	m.memory = peakMemory()
	return m
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
