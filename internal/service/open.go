// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/queue"
	queues "github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// openQueue opens the queue, and creates it unless it exists.
func (s *Service) openQueue(ctx context.Context) (queue.Queue, error) {
	q, err := s.connectQueue(ctx)
	if errors.Is(err, queue.ErrBusy) {
		return nil, fmt.Errorf("data directory %s: another service runs on it: %w", s.cfg.Data, err)
	} else if err != nil {
		return nil, err
	}
	return s.initQueue(ctx, q)
}

// initQueue creates what a queue needs, unless it exists. After an error it closes the
// queue.
func (s *Service) initQueue(ctx context.Context, q queue.Queue) (queue.Queue, error) {
	err := q.Init(ctx)
	if errors.Is(err, queue.ErrForbidden) {
		// An account with the least rights uses a queue that an administrator made.
		s.log.Warn("the account may not look whether the queue is complete", "error", err)
		return q, nil
	} else if err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

func (s *Service) connectQueue(ctx context.Context) (queue.Queue, error) {
	o := queues.Options{
		Visibility: visibility,
		// The loader itself gives submissions up, and only those that can never be loaded.
		MaxAttempts:     -1,
		MaxMessageBytes: int(s.cfg.MaxSubmission),
		Logger:          s.log,
		Secrets:         s.secrets.keeper.Reader("queue"),
	}
	if s.cfg.Queue != "" {
		return queues.Open(ctx, string(s.cfg.Queue), o)
	}
	own := jetstream.Config{Dir: s.cfg.queueDirectory(), Listen: s.cfg.QueueListen}
	if token := s.secrets.queueToken; token != nil {
		own.User = string(token())
		own.Credentials = func() (user, password string) { return string(token()), "" }
	}
	return o.JetStream(own).Open(ctx)
}

// openStore opens the database.
func (s *Service) openStore(ctx context.Context) (store.Store, error) {
	return s.openDatabase(ctx, "database", s.cfg.DatabaseSpec(), s.cfg.Database == "")
}

// openDatabase opens the database of a key. A database that is the service's own, in the data
// directory, belongs to the service, so the service creates and upgrades it. Other databases
// may be shared with programs that an upgrade would surprise.
func (s *Service) openDatabase(ctx context.Context, key, spec string, own bool) (_ store.Store, err error) {
	opened, err := all.OpenWith(ctx, spec, s.secrets.keeper.Reader(key))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			opened.Close()
		}
	}()
	st, ok := store.As[store.Store](opened)
	if !ok {
		return nil, errors.New("the database cannot keep receipts of submissions, which a service needs: use sqlite or postgresql")
	}
	if own {
		if err := st.Init(ctx, store.Version{}); err != nil && !errors.Is(err, store.ErrInitialized) {
			return nil, err
		}
		upgrading := func(work string, done, total int64) {
			if done == 0 {
				s.log.Info("upgrading the database", "what", work, "of", total)
			}
		}
		if err := st.Upgrade(ctx, store.Version{}, upgrading); err != nil {
			return nil, err
		}
	}
	// Time fails if the schema is missing or old, and its error names the command to
	// run.
	if _, err := st.Time(ctx, store.LastModified); err != nil {
		return nil, err
	}
	if counts := rollup.Of(st); counts != nil {
		complete, err := counts.Complete(ctx)
		if err != nil {
			return nil, err
		}
		if !complete {
			s.log.Warn("the roll-ups do not count all objects yet: pages and answers are incomplete until an upgrade or kcidb db rebuild has finished")
		}
	}
	return st, nil
}
