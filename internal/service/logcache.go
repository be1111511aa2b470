// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/fetch"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/logcache"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// logPause is the pause between two logs that are copied from the same host.
const logPause = time.Second

// checkLogCache returns an error if the settings of the copies of logs are not valid.
func (c *Config) checkLogCache() error {
	if err := fetch.Hosts(splitList(c.LogCache)).Check(); err != nil {
		return fmt.Errorf("log_cache: %w", err)
	}
	switch {
	case c.LogCache != "" && c.ArtifactsSpec() == "":
		return errors.New("log_cache needs an artifact store: set artifacts")
	case c.LogCacheSize < 1:
		return errors.New("log_cache_size must be at least 1")
	case c.LogCacheDays < 0:
		return errors.New("log_cache_days must not be negative")
	}
	return nil
}

// logCache returns the copies of logs; nil for none, or if the database cannot keep which
// there are.
func (s *Service) logCache(p *parts) *logcache.Cache {
	hosts, db := fetch.Hosts(splitList(s.cfg.LogCache)), sqldb.Of(p.store)
	if len(hosts) == 0 || db == nil {
		return nil
	}
	return &logcache.Cache{
		DB: db, Artifacts: p.artifacts, Hosts: hosts, Client: fetch.NewClient(hosts, s.copiesFrom, logcache.Timeout),
		Pause: logPause, MaxBytes: int64(s.cfg.LogCacheSize), Days: s.cfg.LogCacheDays, Now: s.now, Log: s.log,
	}
}

// wantLogs lets a loader note the logs of the failures that it loads.
func (s *Service) wantLogs(l *ingest.Loader, c *logcache.Cache) {
	l.Committed = func(ctx context.Context, r *report.Report) {
		if err := c.Want(ctx, r); err != nil {
			s.log.Error("logs of a load will not be copied", "error", err)
		}
	}
}
