// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// observe registers a loader's metrics, lets the loader count its submissions in them, and
// returns a function that counts a batch.
func observe(registry prometheus.Registerer, l *ingest.Loader) func(ingest.Batch) {
	registry.MustRegister(waitingCollector{l})
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		registry.MustRegister(h)
		return h
	}
	seconds := histogram("kcidb_loader_seconds", "Time to decode and load a batch.", prometheus.ExponentialBuckets(0.001, 4, 9))                        // 1 ms to 65 s
	latency := histogram("kcidb_loader_latency_seconds", "Time from receiving a submission to loading it.", prometheus.ExponentialBuckets(0.01, 4, 10)) // 10 ms to 44 minutes
	inBatch := histogram("kcidb_loader_batch_submissions", "Submissions in a batch.", prometheus.ExponentialBuckets(1, 4, 7))                           // 1 to 4,096
	objectsInBatch := histogram("kcidb_loader_batch_objects", "Objects in a batch.", prometheus.ExponentialBuckets(1, 4, 9))                            // 1 to 65,536
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		registry.MustRegister(c)
		return c
	}
	batches := counter("kcidb_loader_batches_total", "Batches loaded.")
	submissions := counter("kcidb_loader_submissions_total", "Submissions loaded.")
	objects := counter("kcidb_loader_objects_total", "Objects loaded.")
	failed := counter("kcidb_loader_failed_total", "Submissions given up.")
	l.Waited = func(_ string, d time.Duration) { latency.Observe(d.Seconds()) }
	return func(b ingest.Batch) {
		seconds.Observe(b.Took.Seconds())
		inBatch.Observe(float64(b.Submissions))
		objectsInBatch.Observe(float64(b.Objects))
		batches.Inc()
		submissions.Add(float64(b.Submissions))
		objects.Add(float64(b.Objects))
		failed.Add(float64(b.Failed))
	}
}

// waitingCollector asks a loader for its waiting submissions whenever metrics
// are read.
type waitingCollector struct{ loader *ingest.Loader }

var (
	waiting = prometheus.NewDesc("kcidb_loader_waiting", "Submissions that could not be loaded and are tried again, by the kind of trouble.", []string{"kind"}, nil)
	waited  = prometheus.NewDesc("kcidb_loader_waiting_seconds", "How long the first of these has waited.", []string{"kind"}, nil)
	blocked = prometheus.NewDesc("kcidb_loader_blocked_seconds", "How long nothing could be loaded, by the kind of trouble; 0 without trouble.", []string{"kind"}, nil)
)

func (c waitingCollector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waiting, waited, blocked} {
		all <- d
	}
}

// Collect returns a value for each kind, also without trouble, so that alerts
// have a value to compare.
func (c waitingCollector) Collect(all chan<- prometheus.Metric) {
	state, now := c.loader.State(), c.loader.Now()
	aside := map[string]ingest.Trouble{}
	for _, t := range state.Aside {
		aside[t.Kind] = t
	}
	for _, kind := range ingest.Kinds {
		gauge := func(d *prometheus.Desc, value float64) {
			all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, kind)
		}
		since := func(waits bool, t time.Time) float64 {
			if !waits {
				return 0
			}
			return max(now.Sub(t).Seconds(), 0)
		}
		t, waits := aside[kind]
		gauge(waiting, float64(t.Submissions))
		gauge(waited, since(waits, t.Since))
		gauge(blocked, since(state.Blocked == kind, state.Since))
	}
}

// loaderState returns the state of a loader for /ready. It is an error if nothing
// is loaded. A submission that waits while others are loaded is only a remark: it
// may be the only one of its kind, and the service works.
func loaderState(state ingest.State) (remark string, err error) {
	n := 0
	for _, t := range state.Aside {
		n += t.Submissions
	}
	switch {
	case state.Blocked != "":
		return "", monitor.Trouble("nothing is loaded: " + state.Blocked + ": see the log")
	case n == 1:
		return "but 1 submission waits: see the log", nil
	case n > 1:
		return fmt.Sprintf("but %d submissions wait: see the log", n), nil
	}
	return "", nil
}
