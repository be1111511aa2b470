// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/store"
)

// clock returns the clock of the door, whose times are later than those of all that
// was received before the process started: the machine's clock may have been stepped
// back since. Times too far ahead, of an object that was loaded with them, say, do
// not count.
func (s *Service) clock(ctx context.Context, p *parts) (*arrival.Clock, error) {
	clock := arrival.NewClock(s.now)
	loaded, err := p.store.Time(ctx, store.LastModified)
	if err != nil {
		return nil, err
	}
	queued, err := p.queue.Newest(ctx)
	if err != nil {
		return nil, err
	}
	if !clock.Seed(queued) {
		s.log.Warn("the newest submission in the queue is of the future: its time does not count, but it may keep newer values out", "received", queued)
	}
	if clock.Seed(loaded) {
		return clock, nil
	}
	s.log.Warn("the newest object in the database is of the future: its time does not count, but it keeps newer values out", "timestamp", loaded)
	if loaded, err = p.store.Time(ctx, store.Next); err == nil {
		clock.Seed(loaded)
	}
	return clock, err
}
