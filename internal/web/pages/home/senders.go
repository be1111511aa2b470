// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// senders is the state of the service, of origins and of labs.
type senders struct {
	answers.Health
	Now     time.Time
	Waiting int           // submissions in the queue; negative if unknown, or not for all readers
	Behind  time.Duration // the lag of the replica that answered, 0 without a replica
}

// leastLag is the least lag of a replica that the page mentions.
const leastLag = time.Minute

// Lag says how old the data is, "" if that is not worth a mention.
func (s *senders) Lag() string {
	if s.Behind < leastLag {
		return ""
	}
	return fmt.Sprintf("These results are %s old: the database that they are read from lags behind.", shell.Plural(int64(s.Behind/time.Minute), "minute"))
}

// Silent returns the origins that are silent.
func (s *senders) Silent() (all []answers.OriginHabit) {
	for _, o := range s.Origins {
		if o.Silent(s.Now) {
			all = append(all, o)
		}
	}
	return all
}

// Sick returns the labs that lose more results than usual.
func (s *senders) Sick() (all []answers.LabHealth) {
	for _, l := range s.Labs {
		if l.Sick() {
			all = append(all, l)
		}
	}
	return all
}

const notSaid = -1

// Queued returns how many submissions wait in the queue.
func (s *senders) Queued() string { return shell.Plural(int64(s.Waiting), "submission") }

// Watched returns how many origins and labs there are.
func (s *senders) Watched() int { return len(s.Origins) + len(s.Labs) }

// Look returns how many of them need a look.
func (s *senders) Look() int { return len(s.Silent()) + len(s.Sick()) }

// readSenders reads the senders as they are now.
func (h *room) readSenders(ctx context.Context) (*senders, error) {
	now := h.Now()
	health, err := h.Answers.Health(ctx, now)
	if err != nil {
		return nil, err
	}
	s := &senders{Health: *health, Now: now}
	if l, ok := store.As[store.Lagger](h.Store); ok {
		// Without an answer the page does not mention a lag.
		s.Behind, _ = l.Lag(ctx)
	}
	s.Waiting = notSaid
	if h.Queue != nil {
		stats, err := h.Queue.Stats(ctx)
		if err != nil {
			return nil, err
		}
		s.Waiting = stats.Messages
	}
	return s, nil
}
