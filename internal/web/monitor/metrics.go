// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Uptime tells for how long a process has been running.
func Uptime(now func() time.Time) prometheus.Collector {
	started := now()
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kcidb_uptime_seconds", Help: "Time since the service was started."},
		func() float64 { return now().Sub(started).Seconds() })
}

// Queue asks a queue for its numbers whenever metrics are read. The first name
// is one that monitoring systems know already.
func Queue(q queue.Queue) prometheus.Collector { return queueCollector{q} }

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
	ctx, cancel := context.WithTimeout(context.Background(), AnswerTime)
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

// Lag asks how far the read database is behind whenever metrics are read.
func Lag(lag func(context.Context) (time.Duration, error)) prometheus.Collector {
	return lagCollector{lag}
}

type lagCollector struct {
	lag func(context.Context) (time.Duration, error)
}

var behind = prometheus.NewDesc("kcidb_read_database_lag_seconds", "How far the read database is behind the database.", nil, nil)

func (c lagCollector) Describe(all chan<- *prometheus.Desc) { all <- behind }

func (c lagCollector) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), AnswerTime)
	defer cancel()
	lag, err := c.lag(ctx)
	if err != nil {
		all <- prometheus.NewInvalidMetric(behind, err)
		return
	}
	all <- prometheus.MustNewConstMetric(behind, prometheus.GaugeValue, lag.Seconds())
}
