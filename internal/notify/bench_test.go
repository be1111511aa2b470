// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

// hundredSubscriptions returns a hundred subscriptions, like those in
// examples/subscriptions: most are on tests and on revisions. Nearly nothing matches, as
// it is with people, but most look beyond the object itself.
func hundredSubscriptions() map[string]string {
	kinds := []string{
		"on: test\nselect: {status: FAIL, tree: tree%d, path: 'kselftest.**'}\n",
		"on: test\nselect: {platform: 'board-%d*', status: [FAIL, ERROR]}\n",
		"on: test\nselect: {was: PASS, now: FAIL, lab: lab-%d}\n",
		"on: test\nmatch: object.status == 'FAIL' && object.build.architecture == 'arm64' && object.path.startsWith('suite%d')\n",
		"on: test\nmatch: object.compatible.exists(c, c.startsWith('vendor%d,'))\n",
		"on: revision\nselect: {repository: '*/linux-%d.git'}\nmatch: object.builds.done && object.tests.failed > 0\nwait: 3h\n",
		"on: revision\nmatch: object.tests.failed > 100000 + %d\nwait: 1h\n",
		"on: build\nselect: {architecture: arm64, status: FAIL, config: 'config-%d'}\n",
		"on: checkout\nmatch: object.validity == 'FAIL' && object.tree_name == 'tree%d'\n",
		"on: incident\nmatch: object.present && object.issue.report_subject.contains('subject %d')\n",
	}
	files := map[string]string{}
	for i := range 100 {
		files[fmt.Sprintf("s%02d.yaml", i)] = fmt.Sprintf(kinds[i%len(kinds)], i) + "to: [dev@example.org]\n"
	}
	return files
}

// BenchmarkConsider measures how many changed objects are considered in a second,
// by a hundred subscriptions, of revisions of 5,000 tests each that came at once
// ("whole"), or a hundred tests at a time ("trickle").
func BenchmarkConsider(b *testing.B) {
	for name, step := range map[string]int{"whole": 1 << 30, "trickle": 100} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				h := newTestbed(b, hundredSubscriptions())
				h.Log = slog.New(slog.DiscardHandler)
				objects := 0
				for i := range 4 {
					for _, r := range revisionOf(i, 5000, step) {
						objects += r.Count()
						if _, err := h.store.Load(b.Context(), r, store.LoadOptions{Note: true}); err != nil {
							b.Fatal(err)
						}
						if step < 5000 {
							b.StartTimer()
							h.step("consider", h.Consider)
							b.StopTimer()
						}
					}
				}
				b.StartTimer()
				h.step("consider", h.Consider)
				b.StopTimer()
				storetest.VerifyRollups(b, h.store)
				b.ReportMetric(float64(objects)/b.Elapsed().Seconds()*float64(b.N), "objects/s")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// revisionOf returns a revision with so many tests, in reports of so many.
func revisionOf(n, tests, step int) []*report.Report {
	whole := &report.Report{}
	for r := range sample.Reports(sample.Options{Seed: uint64(n), Checkouts: 1}) {
		whole.Append(r)
	}
	platform, excerpt := `{"platform": "board-x"}`, "a line of a log"
	c := whole.Checkouts[0]
	head := &report.Report{Checkouts: []report.Checkout{c}, Builds: whole.Builds}
	all := []*report.Report{head}
	part := &report.Report{}
	for i := range tests {
		t := whole.Tests[i%len(whole.Tests)]
		t.ID = fmt.Sprintf("ci:%d-%d", n, i)
		if i >= len(whole.Tests) {
			t.Environment = &report.Environment{Misc: []byte(platform)}
			t.LogExcerpt = &excerpt
		}
		part.Tests = append(part.Tests, t)
		if len(part.Tests) == step {
			all = append(all, part)
			part = &report.Report{}
		}
	}
	return append(all, part)
}

// BenchmarkLoadNotified loads the real submissions, if they are beside the checkout,
// with a notifier with a hundred subscriptions, and without. "ratio" compares the times
// of loading; "considered" includes the time until all changes were considered.
func BenchmarkLoadNotified(b *testing.B) {
	batches := submissions(b)
	var times [2]time.Duration // of loading, with none and with a hundred
	var considered time.Duration
	for range b.N {
		for i, files := range []map[string]string{{}, hundredSubscriptions()} {
			h := newTestbedOn(b, mustOpen(b), files)
			h.Log = slog.New(slog.DiscardHandler)
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error)
			go func() { done <- h.Run(ctx) }()
			begin := time.Now()
			for _, r := range batches {
				if _, err := h.store.Load(b.Context(), r, store.LoadOptions{Note: true}); err != nil {
					b.Fatal(err)
				}
			}
			times[i] += time.Since(begin)
			eventually.True(b, "all changes are considered", func() bool {
				left, err := h.store.Spool().Backlog(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				return left.Batches == 0
			})
			if i == 1 {
				considered += time.Since(begin)
			}
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			storetest.VerifyRollups(b, h.store)
		}
	}
	b.ReportMetric(times[1].Seconds()/float64(b.N), "s/load")
	b.ReportMetric(float64(times[1])/float64(times[0]), "ratio")
	b.ReportMetric(float64(considered)/float64(times[0]), "considered")
	b.ReportMetric(0, "ns/op")
}

func mustOpen(b *testing.B) database {
	db, err := sqlite.Open(filepath.Join(b.TempDir(), "db"))
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// submissions returns real submissions, five together, as a loader would have
// them that keeps up.
func submissions(b *testing.B) (batches []*report.Report) {
	for texts := range slices.Chunk(storebench.Submissions(b), 5) {
		batch := &report.Report{}
		for _, text := range texts {
			r, err := report.Decode(text)
			if err != nil {
				b.Fatal(err)
			}
			batch.Append(r)
		}
		batches = append(batches, batch)
	}
	return batches
}
