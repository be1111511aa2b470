// SPDX-License-Identifier: Apache-2.0

// Package replay rebuilds a database from raw submissions.
//
// It hands the submissions to the loader of the service as a queue does, with the times at
// which they were received. So objects are merged as they were, and submissions that have
// receipts of success are skipped: an interrupted replay continues.
package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

// patience is how long the loader waits for a database in trouble.
const patience = 15 * time.Second

// Options are what Run needs.
type Options struct {
	Raw          *raw.Store
	Store        store.Store
	Log          *slog.Logger
	After, Until time.Time // of receiving: After < t <= Until; zero for no bound
	// Replayed is called with the number of submissions of each batch.
	Replayed func(n int)
	// Lost is called for each submission, or index of submissions, that cannot be read.
	Lost func(err error)
}

// Result counts submissions.
type Result struct {
	Loaded  int
	Known   int // had been loaded before
	Refused int // are no valid reports, as they were when they were received
	Lost    int
}

// Run replays submissions. An error ends it; a later run continues.
func Run(ctx context.Context, o Options) (Result, error) {
	next, stop := iter.Pull2(o.Raw.All(ctx))
	defer stop()
	q := &source{Options: o, next: next}
	l := &ingest.Loader{
		Queue: q, Store: o.Store, Log: o.Log, Limits: ingest.DefaultLimits, Now: time.Now, Patience: patience, Quiet: true,
		Loaded: func(b ingest.Batch) { o.Replayed(b.Submissions) },
	}
	done, err := l.LoadFor(ctx, math.MaxInt64)
	if err == nil {
		err = context.Cause(ctx)
	}
	r := Result{Loaded: done.Submissions, Refused: done.Failed, Lost: q.lost}
	r.Known = int(q.settled.Load()) - r.Loaded - r.Refused
	return r, err
}

// source is the queue of the loader. One loader pulls from it.
type source struct {
	queue.Queue // nil: the loader calls no other methods
	Options
	next    func() (raw.Submission, error, bool)
	settled atomic.Int64
	lost    int
	failed  error // ends the replay
}

// Pull reads the next submissions, and none after the last one.
func (s *source) Pull(ctx context.Context, most queue.Limits, _ time.Duration) (all []queue.Delivery, err error) {
	bytes, ids := 0, map[string]bool{}
	for s.failed == nil && len(all) < most.Messages && bytes < most.Bytes {
		one, err, more := s.next()
		switch {
		case !more:
			return all, nil
		case err != nil:
			if s.failed = s.lose(err); s.failed != nil {
				return nil, s.failed
			}
			continue
		case ids[one.ID], !s.After.IsZero() && !one.Received.After(s.After), !s.Until.IsZero() && one.Received.After(s.Until):
			continue
		}
		data, err := s.Raw.Artifacts.Read(ctx, one.Digest)
		if err != nil {
			if s.failed = s.lose(fmt.Errorf("submission %s: %w", one.ID, err)); s.failed != nil {
				return nil, s.failed
			}
			continue
		}
		ids[one.ID] = true
		bytes += len(data)
		all = append(all, &delivery{s, queue.Message{
			ID: one.ID, Origin: one.Origin, Token: one.Token, Origins: one.Origins, Received: one.Received, Data: data,
		}})
	}
	return all, s.failed
}

// lose reports what is missing or damaged. It returns any other error.
func (s *source) lose(err error) error {
	if !errors.Is(err, artifact.ErrNotFound) && !errors.Is(err, artifact.ErrDamaged) {
		return err
	}
	s.lost++
	s.Lost(err)
	return nil
}

// delivery is a submission that the loader has.
type delivery struct {
	from    *source
	message queue.Message
}

func (d *delivery) Message() queue.Message       { return d.message }
func (d *delivery) Attempt() int                 { return 1 }
func (d *delivery) Extend(context.Context) error { return nil }

// Ack is called several at a time.
func (d *delivery) Ack(context.Context) error { d.from.settled.Add(1); return nil }

func (d *delivery) Refuse(context.Context, string, bool) error { d.from.settled.Add(1); return nil }

// Postpone ends the replay, because the database is in trouble.
func (d *delivery) Postpone(context.Context, time.Duration) error {
	d.from.failed = fmt.Errorf("submission %s cannot be loaded at the moment: see the log", d.message.ID)
	return nil
}
