// SPDX-License-Identifier: Apache-2.0

package loaded

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
)

const (
	// pullWait is how long Changes waits for a message: a server needs a moment to hand it
	// out.
	pullWait = time.Second
	// maxMessages and maxBytes bound the messages that are considered together.
	maxMessages = spool.MostBatches
	maxBytes    = 16 << 20
)

// Source is the changes in a loaded topic. Its messages are hidden from other processes
// until Done, or until their deadline.
type Source struct {
	Queue queue.Queue
	Log   *slog.Logger

	mu   sync.Mutex
	held []held // pulled, and not done
}

var _ spool.Source = (*Source)(nil)

// held is a message that is being considered.
type held struct {
	queue.Delivery
	batch spool.Batch
}

// Watch does nothing: a subscription keeps the messages from its creation on.
func (s *Source) Watch(context.Context) error { return nil }

// Changes implements spool.Source. It returns the same messages again until Done. If
// their deadline cannot be extended, the topic hands them out again, perhaps to another
// process. A message that names no objects becomes a dead letter.
func (s *Source) Changes(ctx context.Context, objects int) ([]spool.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = slices.DeleteFunc(s.held, func(h held) bool { return h.Extend(ctx) != nil })
	if len(s.held) == 0 {
		if err := s.pull(ctx, objects); err != nil {
			return nil, err
		}
	}
	var batches []spool.Batch
	for _, h := range s.held {
		// A message may come twice at once, if it was published twice.
		if !slices.ContainsFunc(batches, func(b spool.Batch) bool { return b.ID == h.batch.ID }) {
			batches = append(batches, h.batch)
		}
	}
	return batches, nil
}

// pull pulls messages.
func (s *Source) pull(ctx context.Context, objects int) error {
	pulled, err := s.Queue.Pull(ctx, queue.Limits{Messages: spool.MostBatches, Objects: objects, Bytes: maxBytes}, pullWait)
	for _, d := range pulled {
		m := d.Message()
		changes, err := decode(m.Data)
		if err != nil {
			s.Log.Error("a message of the loaded topic names no objects; it becomes a dead letter", "id", m.ID, "error", err)
			if err := d.Refuse(ctx, err.Error(), true); err != nil {
				s.Log.Error("a message of the loaded topic is not moved to the dead letters", "id", m.ID, "error", err)
			}
			continue
		}
		s.held = append(s.held, held{d, spool.Batch{
			ID: m.ID, At: m.Received, Objects: len(changes), Data: store.EncodeChanges(changes), Stateless: true,
		}})
	}
	return err
}

// Done implements spool.Source.
func (s *Source) Done(ctx context.Context, batches []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	s.held = slices.DeleteFunc(s.held, func(h held) bool {
		if !slices.Contains(batches, h.batch.ID) {
			return false
		}
		if err := h.Ack(ctx); err != nil {
			failed = err
			return false
		}
		return true
	})
	return failed
}

// Backlog implements spool.Source. It counts messages only, and none if the topic does
// not know their number.
func (s *Source) Backlog(ctx context.Context) (spool.Backlog, error) {
	stats, err := s.Queue.Stats(ctx)
	return spool.Backlog{Batches: max(int64(stats.Messages), 0)}, err
}
