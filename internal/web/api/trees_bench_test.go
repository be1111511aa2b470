// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkListing has 32 clients ask for the listing of trees, and for a static
// file of the same size from the same server. ratio is of the requests answered in
// a second.
func BenchmarkListing(b *testing.B) {
	folder := b.TempDir()
	db, err := sqlite.Open(filepath.Join(folder, "db"))
	if err != nil {
		b.Fatal(err)
	}
	s := serve(b, db)
	s.load(manyTrees(100))
	s.api = New(Config{
		Store: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return worldNow },
	})
	const listing = "/api/tree?origin=maestro&interval_in_days=7"
	body := request(s.api, "GET", listing).Body.Bytes()
	if err := os.WriteFile(filepath.Join(folder, "file.json"), body, 0o600); err != nil {
		b.Fatal(err)
	}
	router := front.New(front.Limits{Keep: time.Second, Rate: 1e6, Burst: 1e6})
	s.api.Routes(router)
	files := http.FileServer(http.Dir(folder))
	either := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			router.ServeHTTP(w, r)
			return
		}
		files.ServeHTTP(w, r)
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config = front.NewServer(either, s.api.log)
	server.Start()
	defer server.Close()
	for b.Loop() {
		static := perSecond(b, server.URL+"/file.json", len(body))
		answers := perSecond(b, server.URL+listing, len(body))
		b.ReportMetric(static, "static/s")
		b.ReportMetric(answers, "listing/s")
		b.ReportMetric(answers/static, "ratio")
	}
	b.ReportMetric(float64(len(body)), "bytes")
	storetest.VerifyRollups(b, db)
}

// manyTrees returns checkouts of n trees, with some builds and tests of each.
func manyTrees(n int) *report.Report {
	r := &report.Report{}
	start := worldNow.Add(-time.Hour)
	for i := range n {
		checkout := report.Checkout{
			ID: fmt.Sprintf("maestro:%d", i), Origin: "maestro", TreeName: new(fmt.Sprintf("tree-%d", i)), StartTime: &start,
			GitRepositoryURL: new(mainlineURL), GitRepositoryBranch: new("master"),
			GitCommitHash: new(fmt.Sprintf("%040d", i)), GitCommitName: new(fmt.Sprintf("v6.13-%d", i)),
		}
		build := report.Build{ID: fmt.Sprintf("maestro:b%d", i), Origin: "maestro", CheckoutID: checkout.ID, Status: new(report.StatusPass)}
		r.Checkouts, r.Builds = append(r.Checkouts, checkout), append(r.Builds, build)
		for t := range 10 {
			r.Tests = append(r.Tests, report.Test{
				ID: fmt.Sprintf("maestro:t%d.%d", i, t), Origin: "maestro", BuildID: build.ID, Path: new("ltp"), Status: new(report.StatusPass),
			})
		}
	}
	return r
}

// perSecond returns how many requests 32 clients get answered in a second.
func perSecond(b *testing.B, url string, size int) float64 {
	b.Helper()
	const clients, during = 32, 2 * time.Second
	transport := &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}
	defer transport.CloseIdleConnections()
	var answers atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range clients {
		group.Go(func() {
			for time.Since(began) < during {
				resp, err := (&http.Client{Transport: transport}).Get(url)
				if err != nil {
					b.Error(err)
					return
				}
				n, err := io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != 200 || n != int64(size) {
					b.Errorf("%d, %d bytes, %v", resp.StatusCode, n, err)
					return
				}
				answers.Add(1)
			}
		})
	}
	group.Wait()
	return float64(answers.Load()) / time.Since(began).Seconds()
}
