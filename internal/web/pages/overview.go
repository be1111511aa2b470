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
	// readTime bounds one read of the overview.
	readTime = 20 * time.Second
	// An overview is kept for keepAtLeast, and for keepFactor times as long as reading
	// took. So reading takes at most a twentieth of the time, however many visitors
	// come.
	keepAtLeast = 2 * time.Second
	keepFactor  = 20
)

// frontPage is the content of the front page.
type frontPage struct {
	answers.Overview
	Waiting int           // submissions in the queue, or queue.Unknown
	Behind  time.Duration // the lag of the replica that answered, 0 without a replica
}

// leastLag is the least lag of a replica that the page mentions.
const leastLag = time.Minute

// BehindMinutes returns the age of the overview in minutes, 0 if it is not worth a
// mention.
func (s frontPage) BehindMinutes() int64 {
	if s.Behind < leastLag {
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
func (s frontPage) Counts() []count {
	var all []count
	for _, list := range store.Lists {
		all = append(all, count{string(list), s.Objects[list]})
	}
	if s.Waiting >= 0 { // unless the queue does not know
		all = append(all, count{"submissions waiting", int64(s.Waiting)})
	}
	return all
}

// overviewCache is the last overview of the store and the queue, shared by all visitors.
type overviewCache struct {
	looking sync.Mutex // held while reading

	mu    sync.Mutex // guards what follows
	seen  frontPage
	until time.Time // how long it is good; zero before the first read
}

// get returns the overview, read a short while ago at most. While one request reads a
// new overview, others get the last one.
func (g *overviewCache) get(ctx context.Context, p *Pages) (frontPage, error) {
	if last, until := g.last(); p.Now().Before(until) {
		return last, nil
	} else if until.IsZero() {
		g.looking.Lock()
	} else if !g.looking.TryLock() {
		return last, nil
	}
	defer g.looking.Unlock()
	if last, until := g.last(); p.Now().Before(until) {
		return last, nil // another request read it meanwhile
	}

	// Other requests use the result, so reading does not end with this request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
	defer cancel()
	begin := p.Now()
	var now frontPage
	var err error
	if now.Overview, err = answers.Of(p.Store).Overview(ctx, latest); err != nil {
		return frontPage{}, err
	}
	if l, ok := store.As[store.Lagger](p.Store); ok {
		// Without an answer the page does not mention a lag.
		now.Behind, _ = l.Lag(ctx)
	}
	stats, err := p.Queue.Stats(ctx)
	if err != nil {
		return frontPage{}, err
	}
	now.Waiting = stats.Messages
	end := p.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen, g.until = now, end.Add(max(keepAtLeast, keepFactor*end.Sub(begin)))
	return now, nil
}

func (g *overviewCache) last() (frontPage, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen, g.until
}
