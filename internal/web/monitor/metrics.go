// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/spool"
)

// Uptime returns a metric of how long the process has been running.
func Uptime(now func() time.Time) prometheus.Collector {
	started := now()
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kcidb_uptime_seconds", Help: "Time since the service was started."},
		func() float64 { return now().Sub(started).Seconds() })
}

// Queue returns metrics of a queue, which are read when Prometheus asks. A number that the
// queue does not know has no metric. Monitoring
// systems know the first name from the REST service.
func Queue(q queue.Queue, now func() time.Time) prometheus.Collector { return queueCollector{q, now} }

type queueCollector struct {
	queue queue.Queue
	now   func() time.Time
}

var (
	waiting = prometheus.NewDesc("kcidb_json_files", "Submissions in the queue, not loaded yet.", nil, nil)
	unacked = prometheus.NewDesc("kcidb_queue_unacked", "Submissions in the queue that are being loaded.", nil, nil)
	size    = prometheus.NewDesc("kcidb_queue_bytes", "Size of the queue.", nil, nil)
	oldest  = prometheus.NewDesc("kcidb_queue_oldest_seconds", "How long the oldest of the submissions in the queue is there; 0 without submissions.", nil, nil)
	dead    = prometheus.NewDesc("kcidb_queue_dead_letters", "Submissions given up, kept with the reason.", nil, nil)
)

func (c queueCollector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waiting, unacked, size, oldest, dead} {
		all <- d
	}
}

func (c queueCollector) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	stats, err := c.queue.Stats(ctx)
	if err != nil {
		all <- prometheus.NewInvalidMetric(waiting, err)
		return
	}
	gauge := func(d *prometheus.Desc, value int64) {
		if value != queue.Unknown {
			all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value))
		}
	}
	gauge(waiting, int64(stats.Messages))
	gauge(unacked, int64(stats.Unacked))
	gauge(size, stats.Bytes)
	gauge(dead, int64(stats.DeadLetters))
	switch {
	case !stats.Oldest.IsZero():
		all <- prometheus.MustNewConstMetric(oldest, prometheus.GaugeValue, max(c.now().Sub(stats.Oldest).Seconds(), 0))
	case stats.Messages == 0:
		all <- prometheus.MustNewConstMetric(oldest, prometheus.GaugeValue, 0)
	}
}

// Spool returns metrics of a spool and of the source of its changes, which are read when
// Prometheus asks.
func Spool(s spool.Spool, changes spool.Source, now func() time.Time) prometheus.Collector {
	return spoolCollector{s, changes, now}
}

type spoolCollector struct {
	spool   spool.Spool
	changes spool.Source
	now     func() time.Time
}

var (
	backlog    = prometheus.NewDesc("kcidb_notify_changes", "Changed objects that are not considered yet.", nil, nil)
	backlogAge = prometheus.NewDesc("kcidb_notify_changes_age_seconds", "Age of the oldest of these changes.", nil, nil)
	notWritten = prometheus.NewDesc("kcidb_notify_waiting", "Notifications that are not due yet, or not written.", nil, nil)
	notSent    = prometheus.NewDesc("kcidb_notify_ready", "Notifications that are being delivered.", nil, nil)
	notTaken   = prometheus.NewDesc("kcidb_notify_failed", "Deliveries given up in the last day.", nil, nil)
	aside      = prometheus.NewDesc("kcidb_notify_aside", "Notifications set aside, because considering or writing them fails.", nil, nil)
)

func (c spoolCollector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{backlog, backlogAge, notWritten, notSent, notTaken, aside} {
		all <- d
	}
}

func (c spoolCollector) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	left, err := c.changes.Backlog(ctx)
	if err != nil {
		all <- prometheus.NewInvalidMetric(backlog, err)
		return
	}
	stats, err := c.spool.Stats(ctx)
	if err != nil {
		all <- prometheus.NewInvalidMetric(notWritten, err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64) {
		all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	gauge(backlog, float64(left.Objects))
	age := 0.0
	if !left.Oldest.IsZero() {
		age = max(c.now().Sub(left.Oldest).Seconds(), 0)
	}
	gauge(backlogAge, age)
	gauge(notWritten, float64(stats.Waiting))
	gauge(notSent, float64(stats.Ready))
	gauge(notTaken, float64(stats.Failed))
	gauge(aside, float64(stats.Aside))
}

// Closed returns a metric of the routes of delivery that are closed at the moment.
func Closed(routes func() map[string]string) prometheus.Collector { return closedCollector{routes} }

type closedCollector struct{ routes func() map[string]string }

var closed = prometheus.NewDesc("kcidb_notify_closed", "1 for each route of delivery that is closed because nothing gets through.", []string{"via"}, nil)

func (c closedCollector) Describe(all chan<- *prometheus.Desc) { all <- closed }

func (c closedCollector) Collect(all chan<- prometheus.Metric) {
	for route := range c.routes() {
		all <- prometheus.MustNewConstMetric(closed, prometheus.GaugeValue, 1, route)
	}
}

// Lag returns a metric of how far the read database is behind the database.
func Lag(lag func(context.Context) (time.Duration, error)) prometheus.Collector {
	return lagCollector{lag}
}

type lagCollector struct {
	lag func(context.Context) (time.Duration, error)
}

var behind = prometheus.NewDesc("kcidb_read_database_lag_seconds", "How far the read database is behind the database.", nil, nil)

func (c lagCollector) Describe(all chan<- *prometheus.Desc) { all <- behind }

func (c lagCollector) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	lag, err := c.lag(ctx)
	if err != nil {
		all <- prometheus.NewInvalidMetric(behind, err)
		return
	}
	all <- prometheus.MustNewConstMetric(behind, prometheus.GaugeValue, lag.Seconds())
}
