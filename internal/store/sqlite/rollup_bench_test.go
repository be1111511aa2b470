// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

// BenchmarkRollups loads generated reports with roll-ups and without. The ratio is
// of the times.
func BenchmarkRollups(b *testing.B) {
	reports := slices.Collect(storebench.Generated(200_000, 1))
	load := func(uncounted bool) time.Duration {
		s := openAt(b, filepath.Join(b.TempDir(), "x.sqlite"))
		defer s.Close()
		fresh(b, s)
		s.uncounted = uncounted
		began := time.Now()
		for _, r := range reports {
			if _, err := s.Load(b.Context(), r, store.LoadOptions{}); err != nil {
				b.Fatal(err)
			}
		}
		took := time.Since(began)
		if !uncounted {
			storetest.VerifyRollups(b, s)
		}
		return took
	}
	var with, without time.Duration
	for b.Loop() {
		without += load(true)
		with += load(false)
	}
	b.ReportMetric(with.Seconds()/without.Seconds(), "ratio")
	b.ReportMetric(with.Seconds()/float64(b.N), "s/load")
}
