// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Metrics count what comes through the door. The names up to kcidb_json_files
// are those monitoring systems know already.
type Metrics struct {
	registry     *prometheus.Registry
	submissions  prometheus.Counter
	bytes        prometheus.Counter
	refusals     prometheus.Counter
	systemErrors prometheus.Counter
	userErrors   prometheus.Counter
	byOrigin     *prometheus.CounterVec
}

// NewMetrics returns metrics of a service started at the time given. They are
// served by the door together with everything else in the registry.
func NewMetrics(registry *prometheus.Registry, q queue.Queue, started time.Time, now func() time.Time) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		registry.MustRegister(c)
		return c
	}
	m := &Metrics{
		registry:     registry,
		submissions:  counter("kcidb_submissions_total", "Submissions taken in."),
		bytes:        counter("kcidb_submission_size_total", "Bytes of the submissions taken in, decompressed."),
		refusals:     counter("kcidb_errors_total", "Submissions refused for their token."),
		systemErrors: counter("kcidb_system_errors_total", "Requests that failed for a fault of the service."),
		userErrors:   counter("kcidb_user_errors_total", "Submissions refused for their content."),
		byOrigin: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kcidb_submissions_by_origin", Help: "Submissions taken in, by the origin of the token."}, []string{"origin"}),
	}
	registry.MustRegister(m.byOrigin, queueCollector{q}, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kcidb_uptime_seconds", Help: "Time since the service was started."},
		func() float64 { return now().Sub(started).Seconds() }))
	return m
}

func (m *Metrics) accepted(origin string, bytes int) {
	m.submissions.Inc()
	m.bytes.Add(float64(bytes))
	m.byOrigin.WithLabelValues(label(origin)).Inc()
}

// label returns an origin as a label: in lower case, with one "_" for each
// run of other characters than letters and digits, and none at the ends.
func label(origin string) string {
	words := strings.FieldsFunc(strings.ToLower(origin), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	return strings.Join(words, "_")
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// queueCollector asks the queue for its numbers whenever metrics are read.
type queueCollector struct{ queue queue.Queue }

var (
	waiting = prometheus.NewDesc("kcidb_json_files", "Submissions in the queue, not loaded yet.", nil, nil)
	unacked = prometheus.NewDesc("kcidb_queue_unacked", "Submissions in the queue that are being loaded.", nil, nil)
	size    = prometheus.NewDesc("kcidb_queue_bytes", "Size of the queue.", nil, nil)
	dead    = prometheus.NewDesc("kcidb_queue_dead_letters", "Submissions given up, kept with the reason.", nil, nil)
)

func (c queueCollector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waiting, unacked, size, dead} {
		all <- d
	}
}

func (c queueCollector) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	stats, err := c.queue.Stats(ctx)
	if err != nil {
		all <- prometheus.NewInvalidMetric(waiting, err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64) {
		all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	gauge(waiting, float64(stats.Messages))
	gauge(unacked, float64(stats.Unacked))
	gauge(size, float64(stats.Bytes))
	gauge(dead, float64(stats.DeadLetters))
}
