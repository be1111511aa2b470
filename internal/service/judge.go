// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// judge returns the judge of the revisions of a database, with its metrics; nil if the
// database keeps no verdicts.
func (s *Service) judge(a realm) *verdicts.Judge {
	db := verdicts.Of(a.store)
	if db == nil {
		return nil
	}
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "kcidb_judge_seconds", Help: "Time to judge a revision.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 9), // 1 ms to 65 s
	})
	a.registry.MustRegister(seconds, judgeCollector{db})
	return &verdicts.Judge{
		DB: db, Names: s.trees, Now: s.now, Log: s.log,
		Judged: func(took time.Duration) { seconds.Observe(took.Seconds()) },
	}
}

// judgeCollector asks the database for the work of the judge whenever metrics are read.
type judgeCollector struct{ db *verdicts.DB }

var judgeWaiting = prometheus.NewDesc("kcidb_judge_waiting", "Checkouts that changed, and revisions, that wait to be judged.", []string{"of"}, nil)

// Describe implements prometheus.Collector.
func (c judgeCollector) Describe(all chan<- *prometheus.Desc) { all <- judgeWaiting }

// Collect returns no values while the database does not answer.
func (c judgeCollector) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	checkouts, revisions, err := c.db.Waiting(ctx)
	if err != nil {
		return
	}
	all <- prometheus.MustNewConstMetric(judgeWaiting, prometheus.GaugeValue, float64(checkouts), "checkouts")
	all <- prometheus.MustNewConstMetric(judgeWaiting, prometheus.GaugeValue, float64(revisions), "revisions")
}
