// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

// clock returns the clock of submissions. Its times are later than the times of all
// submissions received before the process started, because the machine's clock may
// have been stepped back since. Times too far in the future are ignored; an object
// may have been loaded with such a time, for example.
func (s *Service) clock(ctx context.Context, p *parts) (*arrival.Clock, error) {
	clock := arrival.NewClock(s.now)
	loaded, err := p.store.Time(ctx, store.LastModified)
	if err != nil {
		return nil, err
	}
	queued, err := p.queue.Newest(ctx)
	// Without an answer the clock knows only what is loaded.
	if err != nil && !errors.Is(err, queue.ErrUnsupported) {
		return nil, err
	}
	if !clock.Seed(queued) {
		s.log.Warn("the newest submission in the queue lies in the future: its time is ignored, but it may keep newer values out", "received", queued)
	}
	if clock.Seed(loaded) {
		return clock, nil
	}
	s.log.Warn("the newest object in the database lies in the future: its time is ignored, but it keeps newer values out", "timestamp", loaded)
	if loaded, err = p.store.Time(ctx, store.Next); err == nil {
		clock.Seed(loaded)
	}
	return clock, err
}
