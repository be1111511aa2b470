// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkRevisionMail writes subject and body of a mail about a revision with
// 20,000 tests, each with a log of 4 KB. A fifth of the tests failed, in some hundred
// ways, and half of these ways are known issues. The peak is the growth of the heap
// meanwhile, including garbage that is not collected yet.
func BenchmarkRevisionMail(b *testing.B) {
	s, err := sqlite.Open(filepath.Join(b.TempDir(), "kcidb.sqlite3"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if err := s.Init(b.Context(), store.Version{}); err != nil {
		b.Fatal(err)
	}
	for _, r := range revision(20_000) {
		if _, err := s.Load(b.Context(), r, store.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	storetest.VerifyRollups(b, s)
	var peak uint64
	b.ReportAllocs()
	for b.Loop() {
		grew := watchHeap()
		o := graph.New(b.Context(), s).Object(object.RevisionRef(commit, ""))
		subject, err := describe.Summary(o)
		if err != nil {
			b.Fatal(err)
		}
		description, err := describe.Description(o, base)
		if body := description.Text(); err != nil || len(subject)+len(body) > 32<<10 {
			b.Fatal(len(subject), len(body), err)
		}
		peak = max(peak, grew())
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
	if peak > 50<<20 {
		b.Errorf("the heap grew by %d MB", peak>>20)
	}
}

// revision returns the reports of a revision with so many tests.
func revision(tests int) []*report.Report {
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci", GitCommitHash: new(commit), TreeName: new("mainline")}}}
	for i := range 200 {
		r.Builds = append(r.Builds, report.Build{
			ID: fmt.Sprintf("ci:b%d", i), Origin: "ci", CheckoutID: "ci:c", Architecture: new([]string{"arm64", "x86_64"}[i%2]),
			ConfigName: new(fmt.Sprintf("config%d", i%20)), Status: new(report.StatusPass), LogExcerpt: new(strings.Repeat("CC file.o\n", 400)),
		})
	}
	r.Issues = []report.Issue{{ID: "ci:i", Origin: "ci", Version: 1, ReportSubject: new("a known one")}}
	reports := []*report.Report{r}
	for i := range tests {
		if i%2000 == 0 {
			reports = append(reports, &report.Report{})
		}
		last := reports[len(reports)-1]
		id := fmt.Sprintf("ci:test-with-a-long-id-as-they-are-%d", i)
		one := report.Test{
			ID: id, Origin: "ci", BuildID: fmt.Sprintf("ci:b%d", i%200), Path: new(fmt.Sprintf("suite%d.group.test%d", i%7, i%1999)),
			Status: new(report.StatusPass), LogURL: new("https://files.example.org/" + id),
			LogExcerpt:  new(fmt.Sprintf("log of %d\n", i) + strings.Repeat("[    1.234567] something happened\n", 120)),
			Environment: &report.Environment{Misc: fmt.Appendf(nil, `{"platform": "board-%d"}`, i%100)},
		}
		if i%5 == 0 {
			one.Status = new(report.StatusFail)
		}
		if i%10 == 0 {
			last.Incidents = append(last.Incidents, report.Incident{
				ID: fmt.Sprintf("ci:n%d", i), Origin: "ci", IssueID: "ci:i", IssueVersion: 1, TestID: &one.ID, Present: new(true),
			})
		}
		last.Tests = append(last.Tests, one)
	}
	return reports
}

// watchHeap returns a function that returns the largest growth of the heap up to its
// call.
func watchHeap() func() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	now := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	before, peak := now(), uint64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, now())
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-stopped
		return max(peak, now(), before) - before
	}
}
