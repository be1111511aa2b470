// SPDX-License-Identifier: Apache-2.0

package service

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/ingest"
)

// observe registers the loader's metrics, and returns what keeps them.
func observe(registry prometheus.Registerer) func(ingest.Batch) {
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "kcidb_loader_seconds", Help: "Time a batch took to be decoded and loaded.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 9), // 1 ms to 65 s
	})
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		registry.MustRegister(c)
		return c
	}
	registry.MustRegister(seconds)
	batches := counter("kcidb_loader_batches_total", "Batches loaded.")
	submissions := counter("kcidb_loader_submissions_total", "Submissions loaded.")
	objects := counter("kcidb_loader_objects_total", "Objects loaded.")
	failed := counter("kcidb_loader_failed_total", "Submissions given up.")
	return func(b ingest.Batch) {
		seconds.Observe(b.Took.Seconds())
		batches.Inc()
		submissions.Add(float64(b.Submissions))
		objects.Add(float64(b.Objects))
		failed.Add(float64(b.Failed))
	}
}
