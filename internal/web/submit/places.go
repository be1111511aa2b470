// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// placesEach is how many reports of a sender are checked and put into the queue at a time. The
// queue syncs them to disk together, and more at a time would hardly be faster. If a thousand
// reports of a sender come at the same moment, the report of another sender waits for these few
// only.
const placesEach = 128

// places are the places of senders.
type places struct {
	mu sync.Mutex
	of map[string]*place
}

// place is the places of a sender. It exists while reports have or want one.
type place struct {
	free    *semaphore.Weighted
	reports int // that have or want a place
}

// take takes a place of a sender, and returns a function that gives it back. It returns nil if
// all places stay taken for a time, or until ctx ends.
func (p *places) take(ctx context.Context, sender string, within time.Duration) (leave func()) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	own := p.enter(sender)
	if own.free.Acquire(ctx, 1) != nil {
		p.forget(sender, own)
		return nil
	}
	return func() {
		own.free.Release(1)
		p.forget(sender, own)
	}
}

func (p *places) enter(sender string) *place {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.of[sender]
	if own == nil {
		if p.of == nil {
			p.of = map[string]*place{}
		}
		own = &place{free: semaphore.NewWeighted(placesEach)}
		p.of[sender] = own
	}
	own.reports++
	return own
}

func (p *places) forget(sender string, own *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own.reports--; own.reports == 0 {
		delete(p.of, sender)
	}
}
