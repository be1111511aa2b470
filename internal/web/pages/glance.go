// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
)

const (
	// latest is how many checkouts are shown.
	latest = 20
	// lookTime bounds one look.
	lookTime = 20 * time.Second
	// A look is kept for keepAtLeast, and for keepFactor times as long as it
	// took: looking takes a twentieth of the time at most, whatever comes in.
	keepAtLeast = 2 * time.Second
	keepFactor  = 20
)

// seen is what there was to see.
type seen struct {
	answers.Overview
	Waiting int           // submissions in the queue
	Behind  time.Duration // how old this is, where a replica answers that lags
}

// behindTold is how far a replica lags at least for visitors to be told.
const behindTold = time.Minute

// BehindMinutes is how many minutes old this is, 0 where nobody minds.
func (s seen) BehindMinutes() int64 {
	if s.Behind < behindTold {
		return 0
	}
	return int64(s.Behind / time.Minute)
}

// count is a number of things.
type count struct {
	Of string
	N  int64
}

// Counts returns the numbers shown, in their order.
func (s seen) Counts() []count {
	var all []count
	for _, list := range store.Lists {
		all = append(all, count{string(list), s.Objects[list]})
	}
	return append(all, count{"submissions waiting", int64(s.Waiting)})
}

// glance is the last look at the store and the queue, which all visitors
// share.
type glance struct {
	looking sync.Mutex // held by the one who looks

	mu    sync.Mutex // guards what follows
	seen  seen
	until time.Time // how long it is good; zero before the first look
}

// look returns what there is to see, a while ago at most. While one visitor
// looks anew, the others see what was seen last.
func (g *glance) look(ctx context.Context, p *Pages) (seen, error) {
	if last, until := g.last(); p.Now().Before(until) {
		return last, nil
	} else if until.IsZero() {
		g.looking.Lock()
	} else if !g.looking.TryLock() {
		return last, nil
	}
	defer g.looking.Unlock()
	if last, until := g.last(); p.Now().Before(until) {
		return last, nil // somebody looked while this one waited
	}

	// Others use the answer, so it does not end with this visitor.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	begin := p.Now()
	var now seen
	var err error
	if now.Overview, err = answers.Of(p.Store).Overview(ctx, latest); err != nil {
		return seen{}, err
	}
	if l, ok := store.As[store.Lagger](p.Store); ok {
		// Without an answer there is nothing to tell.
		now.Behind, _ = l.Lag(ctx)
	}
	stats, err := p.Queue.Stats(ctx)
	if err != nil {
		return seen{}, err
	}
	now.Waiting = stats.Messages
	end := p.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen, g.until = now, end.Add(max(keepAtLeast, keepFactor*end.Sub(begin)))
	return now, nil
}

func (g *glance) last() (seen, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen, g.until
}
