// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// atOnce is how many submissions BenchmarkLoaders loads in a transaction: few,
// for two loaders to have the same amount to do at the end.
const atOnce = 8

// BenchmarkLoaders decodes and loads the real submissions by one loader, and by
// two at a time, as two processes do. The ratio is of the rates.
func BenchmarkLoaders(b *testing.B) {
	server := pgtest.Start(b, durable...)
	texts := storebench.Submissions(b)
	rate := func(loaders int) float64 {
		s := fresh(b, server)
		defer s.Close()
		jobs := make(chan [][]byte, len(texts))
		for some := range slices.Chunk(texts, atOnce) {
			jobs <- some
		}
		close(jobs)
		var objects atomic.Int64
		var group sync.WaitGroup
		began := time.Now()
		for range loaders {
			group.Go(func() {
				for some := range jobs {
					for batch, err := range storebench.Batches(some) {
						if err == nil {
							objects.Add(int64(batch.Count()))
							_, err = s.Load(b.Context(), batch, store.LoadOptions{})
						}
						if err != nil {
							b.Error(err)
						}
					}
				}
			})
		}
		group.Wait()
		took := time.Since(began)
		storetest.VerifyRollups(b, s)
		return float64(objects.Load()) / took.Seconds()
	}
	rate(2) // the server's files for its log are made
	var one, two float64
	for b.Loop() {
		one += rate(1)
		two += rate(2)
	}
	b.ReportMetric(one/float64(b.N), "objects/s-of-1")
	b.ReportMetric(two/float64(b.N), "objects/s-of-2")
	b.ReportMetric(two/one, "ratio")
}

// BenchmarkGrowth fills a database with ten million objects. The ratios are of
// the times that loading and queries take then, to those at a hundred thousand
// objects; and of the time that loading takes while a tenth is purged, to that
// before.
func BenchmarkGrowth(b *testing.B) {
	few, many := 100_000, 10_000_000
	if testing.Short() {
		many = 3_000_000
	}
	server := pgtest.Start(b, durable...)
	for b.Loop() {
		g := &growing{Store: fresh(b, server)}
		g.fill(b, few)
		small := g.measure(b)
		g.fill(b, many/10-g.objects)
		tenth, err := g.Time(b.Context(), store.Current)
		if err != nil {
			b.Fatal(err)
		}
		began, before := time.Now(), g.objects
		g.fill(b, many-g.objects)
		b.ReportMetric(float64(g.objects-before)/time.Since(began).Seconds(), "fill-objects/s")
		large := g.measure(b)
		b.ReportMetric(large.load.Seconds()/small.load.Seconds(), "load-ratio")
		b.ReportMetric(large.test.Seconds()/small.test.Seconds(), "test-query-ratio")
		b.ReportMetric(large.test.Seconds()*1e6, "µs/test-query")
		b.ReportMetric(large.checkout.Seconds()/small.checkout.Seconds(), "checkout-query-ratio")
		b.ReportMetric(large.checkout.Seconds()*1e3, "ms/checkout-query")
		b.ReportMetric(float64(stored(b, g.pool))/1e9, "GB")
		g.purge(b, tenth)
		b.ReportMetric(float64(stored(b, g.pool))/1e9, "GB-after-purge")
		g.fill(b, many/10)
		b.ReportMetric(float64(stored(b, g.pool))/1e9, "GB-with-as-much-again")
		b.ReportMetric(float64(rolledUp(b, g.pool))/1e9, "GB-of-roll-ups")
		storetest.VerifyRollups(b, g)
		g.Close()
	}
}

// growing is a database that more and more is loaded into.
type growing struct {
	*Store
	seed    uint64   // of the reports loaded last
	objects int      // loaded so far
	tests   []string // IDs of some, from all over
}

// batches returns at least so many generated objects that are not there yet.
func (g *growing) batches(objects int) iter.Seq[*report.Report] {
	g.seed++
	return storebench.Generated(objects, g.seed)
}

// fill loads at least so many objects, by two loaders.
func (g *growing) fill(b *testing.B, objects int) {
	b.Helper()
	batches := make(chan *report.Report)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for r := range batches {
				if _, err := g.Load(b.Context(), r, store.LoadOptions{}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for r := range g.batches(objects) {
		g.objects += r.Count()
		g.tests = append(g.tests, r.Tests[0].ID)
		batches <- r
	}
	close(batches)
	group.Wait()
	// As the server does by itself after a while.
	if _, err := g.pool.Exec(b.Context(), "VACUUM (ANALYZE)"); err != nil {
		b.Fatal(err)
	}
}

// times are what some operations take.
type times struct{ load, test, checkout time.Duration }

// measure loads a hundred thousand objects, queries tests from all over with
// their parents, and a checkout of 5,000 tests with its children.
func (g *growing) measure(b *testing.B) (t times) {
	b.Helper()
	reports := slices.Collect(g.batches(100_000))
	began := time.Now()
	for _, r := range reports {
		if _, err := g.Load(b.Context(), r, store.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
		g.objects += r.Count()
	}
	t.load = time.Since(began)

	checkout := fmt.Sprintf("bench:%d", g.seed)
	large := &report.Report{Checkouts: []report.Checkout{{ID: checkout, Origin: "bench"}}}
	for i := range 5000 {
		if i%100 == 0 {
			large.Builds = append(large.Builds, report.Build{ID: fmt.Sprintf("%s.%d", checkout, i/100), Origin: "bench", CheckoutID: checkout})
		}
		test := reports[0].Tests[i%len(reports[0].Tests)]
		test.ID, test.BuildID = fmt.Sprintf("%s.%d.%d", checkout, i/100, i), fmt.Sprintf("%s.%d", checkout, i/100)
		large.Tests = append(large.Tests, test)
	}
	if _, err := g.Load(b.Context(), large, store.LoadOptions{}); err != nil {
		b.Fatal(err)
	}
	var tests, checkouts []store.Query
	for i := range 300 {
		tests = append(tests, store.Query{Tests: []string{g.tests[i*len(g.tests)/300]}, Parents: true})
	}
	for range 9 {
		checkouts = append(checkouts, store.Query{Checkouts: []string{checkout}, Children: true})
	}
	t.test, t.checkout = g.median(b, tests), g.median(b, checkouts)
	return t
}

// median returns the median of the times that queries take, when they have been
// asked before.
func (g *growing) median(b *testing.B, queries []store.Query) time.Duration {
	b.Helper()
	var took []time.Duration
	for range 2 {
		took = nil
		for _, q := range queries {
			began, found := time.Now(), 0
			for r, err := range g.Query(b.Context(), q) {
				if err != nil {
					b.Fatal(err)
				}
				found += r.Count()
			}
			if found == 0 {
				b.Fatalf("nothing for %v", q)
			}
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// purge removes what arrived before a time, and measures how much longer loading
// takes meanwhile.
func (g *growing) purge(b *testing.B, before time.Time) {
	b.Helper()
	load := func(until <-chan struct{}) float64 {
		loaded, took := 0, time.Duration(0)
		for r := range g.batches(10_000_000) {
			began := time.Now() // making the reports does not count
			if _, err := g.Load(b.Context(), r, store.LoadOptions{}); err != nil {
				b.Fatal(err)
			}
			took += time.Since(began)
			loaded += r.Count()
			select {
			case <-until:
				return took.Seconds() / float64(loaded)
			default:
			}
		}
		b.Fatal("purging takes longer than loading as much again")
		return 0
	}
	alone := make(chan struct{})
	time.AfterFunc(10*time.Second, func() { close(alone) })
	undisturbed := load(alone)
	done := make(chan struct{})
	began := time.Now()
	var removed atomic.Int64
	go func() {
		defer close(done)
		what, last := "", time.Now()
		err := g.Purge(b.Context(), store.PurgeOptions{Before: before, Progress: func(w string, n, total int64) {
			if w != what {
				b.Logf("%s: %.1f s", what, time.Since(last).Seconds())
				what, last = w, time.Now()
			}
			removed.Store(max(removed.Load(), n))
		}})
		if err != nil {
			b.Error(err)
		}
	}()
	b.ReportMetric(load(done)/undisturbed, "load-while-purging-ratio")
	b.ReportMetric(time.Since(began).Seconds(), "s/purge")
	b.ReportMetric(float64(removed.Load()), "tests-purged")
}
