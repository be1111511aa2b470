// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/spool"
)

const (
	// hooksAtOnce is how many webhooks are called at a time. Mail has a worker
	// besides.
	hooksAtOnce = 32
	// turn is how long a worker goes on before it lets another way have its place.
	turn = 10 * time.Second
	// A way is closed after so many failures in a row, that were not about a single
	// delivery, and for so long. That doubles each time the first delivery
	// afterwards fails, too.
	failuresMost = 3
	closedFirst  = time.Minute
	closedMost   = 15 * time.Minute
)

// ways knows which ways, mail and each webhook, have a worker, and which are closed
// because nothing gets through. The zero value is ready, and its methods may be called
// concurrently. It knows ways that have a worker, and those that failed while deliveries
// of them wait, and forgets others.
type ways struct {
	mu      sync.Mutex
	of      map[string]*way
	workers sync.WaitGroup
}

type way struct {
	busy     bool
	failures int       // in a row
	closed   time.Time // until then
	why      string    // it is closed
	served   time.Time // when it had a worker last
}

// take returns which of the ways may get a worker now, and has them be busy. Those
// that had no worker for the longest time come first.
func (w *ways) take(names []string, now time.Time) (taken []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[string]*way{}
	}
	hooks := 0
	for name, one := range w.of {
		if one.busy && name != spool.Mail {
			hooks++
		}
	}
	served := func(name string) time.Time {
		if one := w.of[name]; one != nil {
			return one.served
		}
		return time.Time{}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(served(a).Compare(served(b)), strings.Compare(a, b)) })
	for _, name := range names {
		one := w.of[name]
		switch {
		case one != nil && (one.busy || now.Before(one.closed)):
			continue
		case name != spool.Mail && hooks == hooksAtOnce:
			continue
		case one == nil:
			one = &way{}
			w.of[name] = one
		}
		if name != spool.Mail {
			hooks++
		}
		one.busy, one.served = true, now
		taken = append(taken, name)
	}
	return taken
}

// release ends the work on a way.
func (w *ways) release(name string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of[name].busy = false
	maps.DeleteFunc(w.of, func(_ string, one *way) bool {
		return !one.busy && one.failures == 0 && now.Sub(one.served) > turn
	})
}

// idle reports whether ways that failed may be tried again, and have nothing due.
func (w *ways) idle(due []string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, one := range w.of {
		if one.failures > 0 && one.rests(now) && !slices.Contains(due, name) {
			return true
		}
	}
	return false
}

// forget forgets the ways that may be tried again, but have no deliveries that wait:
// the last were given up, say.
func (w *ways) forget(waiting []string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.of, func(name string, one *way) bool { return one.rests(now) && !slices.Contains(waiting, name) })
}

// rests reports whether a way has no worker and is not closed.
func (one *way) rests(now time.Time) bool { return !one.busy && !now.Before(one.closed) }

// passed notes that a delivery got through, even if it was refused.
func (w *ways) passed(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.of[name]
	one.failures, one.closed, one.why = 0, time.Time{}, ""
}

// failed notes that a delivery did not get through, and returns for how long the way
// is closed: 0 while it stays open. It is closed for as long as the receiver asks, at
// least.
func (w *ways) failed(name string, now time.Time, asked time.Duration, why string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.of[name]
	if one.failures++; one.failures < failuresMost && asked == 0 {
		return 0
	}
	pause := max(asked, min(closedFirst<<min(max(0, one.failures-failuresMost), 10), closedMost))
	one.closed, one.why = now.Add(pause), why
	return pause
}

// Closed are the ways by which nothing is sent for a while, because nothing got through,
// and those for which that is over while deliveries of them wait, with the last error.
func (n *Notifier) Closed() map[string]string {
	n.ways.mu.Lock()
	defer n.ways.mu.Unlock()
	closed := map[string]string{}
	for name, one := range n.ways.of {
		if one.why != "" {
			closed[name] = one.why
		}
	}
	return closed
}
