// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"

	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/loaded"
	"github.com/kcidb-go/kcidb/internal/queue"
	queues "github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/spool"
	spools "github.com/kcidb-go/kcidb/internal/spool/all"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
)

// checkSpool returns an error if the settings of the spool are not valid.
func (c *Config) checkSpool(r roles) error {
	if c.Spool != "" && !secrets.Refers(c.Spool) {
		if err := spools.Check(string(c.Spool)); err != nil {
			return err
		}
	}
	switch {
	case !r.notify && c.TasksAudience == "":
		return nil
	case c.Spool != "" && c.Loaded == "":
		return errors.New("spool needs loaded: a spool outside the database gets no changes from the database")
	case c.Loaded != "" && c.Spool == "":
		return errors.New("loaded needs spool: the spool in the database takes changes from the database only")
	}
	return nil
}

// needLoaded reports whether a process needs the queue of loads.
func (c *Config) needLoaded(r roles) bool {
	return c.Loaded != "" && (r.load || r.notify || c.TasksAudience != "")
}

// openSpool opens the spool. It returns nil without a spool.
func (s *Service) openSpool(ctx context.Context, st store.Store) (spool.Spool, error) {
	if s.cfg.Spool == "" {
		if keeper, ok := sqlspool.Of(st); ok {
			return keeper, nil
		}
		return nil, nil
	}
	opened, err := spools.Open(ctx, string(s.cfg.Spool))
	if keeper, ok := opened.(*firestore.Spool); ok {
		keeper.Now = s.now
	}
	return opened, err
}

// openLoaded opens the queue of loads, and creates it unless it exists.
func (s *Service) openLoaded(ctx context.Context) (queue.Queue, error) {
	// The notifier gives no message up, except one that it cannot read.
	q, err := queues.Open(ctx, string(s.cfg.Loaded), queues.Options{
		Visibility: visibility, MaxAttempts: -1, Suffix: names.NotifySuffix, Logger: s.log,
		Secrets: s.secrets.keeper.Reader("loaded"),
	})
	if err != nil {
		return nil, err
	}
	return s.initQueue(ctx, q)
}

// source returns where a notifier gets changes from: the queue of loads, or the spool if that
// is nil.
func (s *Service) source(sp spool.Spool, news queue.Queue) spool.Source {
	if news != nil {
		return &loaded.Source{Queue: news, Log: s.log}
	}
	noted, _ := sp.(spool.Source) // the spool in the database
	return noted
}
