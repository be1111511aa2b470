// SPDX-License-Identifier: Apache-2.0

package storebench

import (
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Receipts measures what the details of receipts cost: it loads submissions of 5 objects,
// batchMessages at a time, with and without details, in turns, into databases that fresh
// returns. The ratio is the time without details to that with details.
func Receipts(b *testing.B, fresh func() store.Store) {
	for b.Loop() {
		with, without := fresh(), fresh()
		var took, plain time.Duration
		for i, batch := range smallBatches() {
			opts, all := store.LoadOptions{Metadata: true}, &report.Report{}
			for n, r := range batch {
				id := fmt.Sprintf("%d-%d", i, n)
				opts.Receipts = append(opts.Receipts, store.Receipt{ID: id, Origin: "ci", Received: time.Now(), Finished: time.Now(), Objects: r.Count(), Version: "5.3"})
				all.Append(r)
			}
			one, other := opts, opts
			one.Reports = batch
			first, second := func() { took += load(b, with, all, one) }, func() { plain += load(b, without, all, other) }
			if i%2 > 0 {
				first, second = second, first
			}
			first()
			second()
		}
		b.ReportMetric(plain.Seconds()/took.Seconds(), "ratio")
		b.ReportMetric(took.Seconds()*1e6/float64(smallReports), "µs/submission")
	}
}

// load loads a report, and returns how long that took.
func load(b *testing.B, s store.Store, r *report.Report, opts store.LoadOptions) time.Duration {
	began := time.Now()
	if _, err := s.Load(b.Context(), r, opts); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// smallReports is the number of submissions of smallBatches.
const smallReports = 40 * batchMessages

// smallBatches returns the tests of generated reports, 5 in each submission.
func smallBatches() (batches [][]*report.Report) {
	var batch []*report.Report
	for r := range sample.Reports(sample.Options{Checkouts: 1000}) {
		for len(r.Tests) >= 5 {
			batch = append(batch, &report.Report{Tests: r.Tests[:5]})
			r.Tests = r.Tests[5:]
			if len(batch) < batchMessages {
				continue
			}
			if batches = append(batches, batch); len(batches)*batchMessages == smallReports {
				return batches
			}
			batch = nil
		}
	}
	panic("the sample has too few tests")
}
