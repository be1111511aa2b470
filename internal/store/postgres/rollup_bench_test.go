// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkRollups loads generated reports with roll-ups and without, over one
// connection each, batch by batch into one database and into the other, each batch
// on disk before the next. The ratio is of the times, and the size that of the
// roll-ups.
func BenchmarkRollups(b *testing.B) {
	server := pgtest.Start(b, durable...)
	reports := slices.Collect(storebench.Generated(200_000, 1))
	var took [2]time.Duration // without, with
	var size int64
	load := func(s *Store, r *report.Report) time.Duration {
		began := time.Now()
		if _, err := s.Load(b.Context(), r, store.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for b.Loop() {
		both := [2]*Store{fresh(b, server), fresh(b, server)}
		both[0].uncounted = true
		for i, r := range reports {
			for _, n := range []int{i % 2, 1 - i%2} {
				took[n] += load(both[n], r)
			}
		}
		storetest.VerifyRollups(b, both[1])
		size = rolledUp(b, both[1].pool)
		for _, s := range both {
			s.Close()
		}
	}
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "ratio")
	b.ReportMetric(took[1].Seconds()/float64(b.N), "s/load")
	b.ReportMetric(float64(size)/1e6, "MB-of-roll-ups")
}
