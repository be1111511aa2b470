// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/retention"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// checkRetention returns an error if the settings of retention are not valid.
func (c *Config) checkRetention() error {
	if c.RetentionDays < 0 {
		return errors.New("retention_days must not be negative")
	}
	if _, err := retention.ParseWindow(c.RetentionWindow); err != nil {
		return fmt.Errorf("retention_window: %w", err)
	}
	switch {
	case c.ArchiveTo == "":
	case c.RetentionDays == 0:
		return errors.New("archive_to needs retention_days: objects are copied before they are removed")
	case c.ArchiveTo == c.Database && !secrets.Refers(c.Database):
		return errors.New("archive_to is the database itself")
	}
	return nil
}

// retention returns the configured keeper of the old objects of a database, with its metrics;
// nil if all objects are kept. Those of the public database need no archive, because the
// whole database has them.
func (s *Service) retention(ctx context.Context, a realm, m *monitor.Monitor) (*retention.Keeper, error) {
	if s.cfg.RetentionDays == 0 {
		return nil, nil
	}
	if err := a.store.Purge(ctx, store.PurgeOptions{}); errors.Is(err, store.ErrUnsupported) {
		return nil, fmt.Errorf("retention_days: %w", err)
	}
	window, err := retention.ParseWindow(s.cfg.RetentionWindow)
	if err != nil {
		return nil, err // check has parsed it
	}
	k := &retention.Keeper{
		Store: a.store, Days: s.cfg.RetentionDays, KeepIncidents: s.cfg.RetentionKeepIncidents,
		Window: window, Now: s.now, Log: s.log,
	}
	if s.cfg.ArchiveTo != "" && a.notify != notify.Outsiders {
		k.Archive = func(ctx context.Context) (store.Sink, error) {
			return all.OpenWith(ctx, string(s.cfg.ArchiveTo), s.secrets.keeper.Reader("archive_to"))
		}
	}
	a.registry.MustRegister(retentionCollector{k})
	m.Parts = append(m.Parts, monitor.Part{Name: a.name + "retention", Spare: true, Check: func(context.Context) (string, error) {
		return retentionState(k.State(), s.now())
	}})
	return k, nil
}

// retentionState returns the state of a keeper for /ready.
func retentionState(state retention.State, now time.Time) (remark string, err error) {
	switch {
	case state.Overdue(now):
		return "", monitor.Trouble("old objects are not removed: see the log")
	case state.Working:
		return "removing old objects", nil
	case state.Done.IsZero():
		return "nothing was removed yet", nil
	}
	return "done at " + state.Done.UTC().Format(time.RFC3339), nil
}

// retentionCollector asks a keeper for its state whenever metrics are read.
type retentionCollector struct{ keeper *retention.Keeper }

var (
	retentionDone     = prometheus.NewDesc("kcidb_retention_last_success_timestamp_seconds", "When the removal of old objects ended last, in any process; 0 if it never did.", nil, nil)
	retentionWorking  = prometheus.NewDesc("kcidb_retention_working", "1 while this process removes old objects.", nil, nil)
	retentionFailures = prometheus.NewDesc("kcidb_retention_failures_total", "Failed tries of this process to remove old objects.", nil, nil)
	retentionCopied   = prometheus.NewDesc("kcidb_retention_archived_objects_total", "Objects that this process copied into the archive.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c retentionCollector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{retentionDone, retentionWorking, retentionFailures, retentionCopied} {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (c retentionCollector) Collect(all chan<- prometheus.Metric) {
	state := c.keeper.State()
	done, working := 0.0, 0.0
	if !state.Done.IsZero() {
		done = float64(state.Done.Unix())
	}
	if state.Working {
		working = 1
	}
	all <- prometheus.MustNewConstMetric(retentionDone, prometheus.GaugeValue, done)
	all <- prometheus.MustNewConstMetric(retentionWorking, prometheus.GaugeValue, working)
	all <- prometheus.MustNewConstMetric(retentionFailures, prometheus.CounterValue, float64(state.Failures))
	all <- prometheus.MustNewConstMetric(retentionCopied, prometheus.CounterValue, float64(state.Copied))
}
