// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// lane has the places of a kind of requests.
type lane struct {
	kind   Kind
	places chan struct{}
	// most is how many may wait for a place. More are sent away at once: they would
	// not get one in time, and would only hold memory meanwhile.
	most    int64
	waiting atomic.Int64
	within  time.Duration // how long an answer may take
}

// The places of kinds that the limits do not name. A page may take tens of
// milliseconds of a processor: more at a time would only make each slower.
const (
	probesAtOnce = 16
	lightAtOnce  = 32
	lightTime    = 30 * time.Second
	pageTime     = 25 * time.Second
	waitEach     = 4 // how many wait for each place
)

func newLane(k Kind, l Limits) *lane {
	places, within := l.AtOnce, l.Time
	switch k {
	case Probe:
		places, within = probesAtOnce, min(within, lightTime)
	case Light, Errand:
		places, within = lightAtOnce, min(within, lightTime)
	case Page:
		places, within = max(l.AtOnce/4, 1), min(within, pageTime)
	case Pattern: // half of the processors are left to others
		places = min(l.AtOnce, max(runtime.GOMAXPROCS(0)/2, 1))
	}
	return &lane{kind: k, places: make(chan struct{}, places), most: int64(waitEach * places), within: within}
}

// enter takes a place, where there is one within a moment.
func (l *lane) enter(ctx context.Context) bool {
	select {
	case l.places <- struct{}{}:
		return true
	default:
	}
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > l.most {
		return false
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case l.places <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (l *lane) leave() { <-l.places }

// placed has h answer in a place of the lane, in bounded time.
func (v *visit) placed(h http.Handler, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), v.lane.within)
	defer cancel()
	if !v.lane.enter(ctx) {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		refuse(w, v.lane.kind, http.StatusServiceUnavailable, "Too many requests are being answered: try again in a while")
		return
	}
	p := &place{ResponseWriter: w, lane: v.lane, yard: v.streams, ctx: ctx, held: true}
	p.waiter = waiter{weight: 1, cut: func() {
		cancel()
		v.connection.SetWriteDeadline(longAgo)
	}}
	defer p.leave()
	r = r.WithContext(ctx)
	if r.ContentLength != 0 {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	}
	h.ServeHTTP(p, r)
}

// place is what an answer has while it is made. While its client takes no more of
// it, the place is for others, and the answer waits in the yard.
type place struct {
	http.ResponseWriter
	waiter
	lane *lane
	yard *yard
	ctx  context.Context

	mu      sync.Mutex
	writes  int // how many began
	writing bool
	held    bool
}

// Write implements http.ResponseWriter.
func (p *place) Write(b []byte) (int, error) {
	write := p.begin()
	timer := time.AfterFunc(stall, func() { p.park(write) })
	n, err := p.ResponseWriter.Write(b)
	timer.Stop()
	if again := p.end(); err == nil {
		err = again
	}
	return n, err
}

// begin notes that a write begins, and returns its number.
func (p *place) begin() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	p.writing = true
	return p.writes
}

// park gives the place to others while a write waits. It may be late: then that
// write has ended, and another may be under way.
func (p *place) park(write int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.writing && p.writes == write && p.held {
		p.held = false
		p.lane.leave()
		p.yard.enter(&p.waiter)
	}
}

// end notes that a write has ended, and takes a place again if the place was given
// to others. An answer that was begun is not sent away: it waits as long as it has
// time.
func (p *place) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = false
	if p.held {
		return nil
	}
	defer p.yard.leave(&p.waiter)
	select {
	case p.lane.places <- struct{}{}:
		p.held = true
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

// leave ends the answer.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.yard.end(&p.waiter)
	if p.held {
		p.held = false
		p.lane.leave()
	}
}
