// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/report"
)

var update = flag.Bool("update", false, "write the golden files")

// write writes the reports, one per line, and returns the number of objects.
func write(t testing.TB, w io.Writer, o sample.Options) (objects int) {
	var line []byte
	for r := range sample.Reports(o) {
		line = append(r.AppendJSON(line[:0]), '\n')
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
		objects += r.Count()
	}
	return objects
}

// TestGolden checks the bytes of a seed, because other tests and published
// figures depend on them.
func TestGolden(t *testing.T) {
	var got string
	for _, o := range []sample.Options{{Seed: 1, Checkouts: 3}, {Seed: 2, Checkouts: 40}} {
		sum := sha256.New()
		objects := write(t, sum, o)
		got += fmt.Sprintf("seed %d, %d checkouts, %d objects: %x\n", o.Seed, o.Checkouts, objects, sum.Sum(nil))
	}
	file := filepath.Join("testdata", "checksums.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the checksums are\n%swant\n%sIf the change is meant, run the test with -update", got, want)
	}
}

func TestValid(t *testing.T) {
	for seed := range uint64(4) {
		var line []byte
		for r := range sample.Reports(sample.Options{Seed: seed, Checkouts: 6}) {
			line = r.AppendJSON(line[:0])
			back, err := report.Decode(line)
			if err != nil {
				t.Fatalf("seed %d: %v\n%.2000s", seed, err, line)
			}
			if back.Count() != r.Count() {
				t.Fatalf("seed %d: %d objects decoded of %d", seed, back.Count(), r.Count())
			}
		}
	}
}

func TestOptions(t *testing.T) {
	sum := func(o sample.Options) string {
		h := sha256.New()
		write(t, h, o)
		return string(h.Sum(nil))
	}
	usual := sum(sample.Options{Checkouts: 2})
	if sum(sample.Options{Checkouts: 2, Since: sample.DefaultSince}) != usual {
		t.Error("the default of Since is not DefaultSince")
	}
	if sum(sample.Options{Checkouts: 2, Seed: 1}) == usual {
		t.Error("another seed gives the same reports")
	}
	since := time.Date(2025, 7, 20, 12, 0, 0, 0, time.FixedZone("", 7200))
	for r := range sample.Reports(sample.Options{Checkouts: 2, Since: since}) {
		for _, c := range r.Checkouts {
			if c.StartTime.Before(since) || c.StartTime.After(since.Add(48*time.Hour)) {
				t.Errorf("a checkout at %v, since %v", c.StartTime, since)
			}
			if b := *c.GitRepositoryBranch; b == "master" && !strings.HasPrefix(*c.GitCommitName, "v6.16-rc") && *c.GitCommitName != "next-20250720" {
				t.Errorf("in July 2025 the name of a commit is %s", *c.GitCommitName)
			}
		}
	}
	if n := write(t, io.Discard, sample.Options{}); n != 0 {
		t.Errorf("%d objects of no checkouts", n)
	}
}

// TestStops: the caller may stop after any report.
func TestStops(t *testing.T) {
	n := 0
	for range sample.Reports(sample.Options{Checkouts: 2}) {
		if n++; n == 7 {
			break
		}
	}
	if n != 7 {
		t.Errorf("%d reports", n)
	}
}

// TestMemory: the memory in use does not grow with the number of reports.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a million objects")
	}
	const most = 50 << 20
	objects, next := 0, 0
	for r := range sample.Reports(sample.Options{Seed: 2, Checkouts: 400}) {
		if objects += r.Count(); objects < next {
			continue
		}
		next += 100_000
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > most {
			t.Fatalf("%d MB are held after %d objects", m.HeapAlloc>>20, objects)
		}
	}
	if objects < 700_000 {
		t.Errorf("only %d objects", objects)
	}
}

func BenchmarkReports(b *testing.B) {
	var line []byte
	objects, bytes := 0, 0
	for b.Loop() {
		for r := range sample.Reports(sample.Options{Seed: 1, Checkouts: 20}) {
			line = r.AppendJSON(line[:0])
			objects += r.Count()
			bytes += len(line)
		}
	}
	b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
	b.ReportMetric(float64(bytes)/1e6/b.Elapsed().Seconds(), "MB/s")
	b.ReportMetric(float64(bytes)/float64(objects), "B/object")
}
