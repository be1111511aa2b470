// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

// BenchmarkSubmit measures how many reports of 5 kB per second are
// acknowledged, each synced to disk, to 16 HTTP clients while the loader runs.
// The ratio is to the plain syncs of as many bytes that the same disk does,
// one after another, before and after.
func BenchmarkSubmit(b *testing.B) {
	const clients = 16
	s := start(b, nil)
	syncs := syncsPerSecond(b)
	reports := make([]string, 64)
	for i := range reports {
		reports[i] = reportOf(5000, i)
	}

	var next atomic.Int64
	var senders sync.WaitGroup
	begin := time.Now()
	b.ResetTimer()
	for range clients {
		senders.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				// The IDs differ, the length does not.
				body := strings.ReplaceAll(reports[n%len(reports)], "NNNNNNNN", fmt.Sprintf("%08d", n))
				if id := trySubmit(b.Context(), s.url, body); id == "" {
					b.Error("not acknowledged")
					return
				}
			}
		})
	}
	senders.Wait()
	rate := float64(b.N) / time.Since(begin).Seconds()
	b.StopTimer()
	syncs = (syncs + syncsPerSecond(b)) / 2
	b.ReportMetric(rate, "submissions/s")
	b.ReportMetric(syncs, "syncs/s")
	b.ReportMetric(rate/syncs, "ratio")
	waitEmpty(b, s.url)
	db, err := sqlite.Open(filepath.Join(s.data, "kcidb.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	storetest.VerifyRollups(b, db)
}

// syncsPerSecond measures writes of 5 kB, each synced.
func syncsPerSecond(b *testing.B) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 5000)
	begin, n := time.Now(), 0
	for ; time.Since(begin) < time.Second; n++ {
		if _, err := f.Write(block); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(begin).Seconds()
}

// reportOf returns a report of roughly the given number of bytes: a build and
// its tests.
func reportOf(bytes, seed int) string {
	var r strings.Builder
	fmt.Fprintf(&r, `{"version": {"major": 5, "minor": 3}, "builds": [{"id": "ci:NNNNNNNN", "origin": "ci", "checkout_id": "ci:%d", "status": "PASS"}], "tests": [`, seed)
	for i := 0; r.Len() < bytes-200; i++ {
		if i > 0 {
			r.WriteString(", ")
		}
		fmt.Fprintf(&r, `{"id": "ci:NNNNNNNN-%d", "origin": "ci", "build_id": "ci:NNNNNNNN", "path": "ltp.syscalls.test_%d", "status": "PASS", `+
			`"start_time": "2026-01-02T03:04:05Z", "duration": 1.5, "environment": {"misc": {"platform": "machine-%d"}}}`, i, i, seed)
	}
	r.WriteString("]}")
	return r.String()
}
