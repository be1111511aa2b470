// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

const (
	// hooksAtOnce is how many webhooks are called at a time, in addition to mail.
	hooksAtOnce = 32
	// turn is how long a worker goes on before another route gets its place.
	turn = 10 * time.Second
	// A route closes after failuresMost failures in a row that were not about a single
	// delivery. It closes for closedFirst, and for twice as long each time the first
	// delivery afterwards fails, up to closedMost.
	failuresMost = 3
	closedFirst  = time.Minute
	closedMost   = 15 * time.Minute
)

// routes knows which routes, mail and each webhook, have a worker, and which routes are
// closed because their server is down. The zero value is ready, and its methods may be
// called concurrently. It knows the routes that have a worker, and the routes that
// failed while deliveries wait for them. It forgets others.
type routes struct {
	mu      sync.Mutex
	byName  map[string]*route
	workers sync.WaitGroup
}

type route struct {
	busy     bool
	failures int       // in a row
	closed   time.Time // until this time
	why      string    // the last error of a closed route
	served   time.Time // when a worker began last
}

// take returns the routes that may get a worker now, and marks them as busy. The route
// that had no worker for the longest time comes first.
func (r *routes) take(names []string, now time.Time) (taken []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName = map[string]*route{}
	}
	hooks := 0
	for name, rt := range r.byName {
		if rt.busy && name != spool.Mail {
			hooks++
		}
	}
	served := func(name string) time.Time {
		if rt := r.byName[name]; rt != nil {
			return rt.served
		}
		return time.Time{}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(served(a).Compare(served(b)), strings.Compare(a, b)) })
	for _, name := range names {
		rt := r.byName[name]
		switch {
		case rt != nil && (rt.busy || now.Before(rt.closed)):
			continue
		case name != spool.Mail && hooks == hooksAtOnce:
			continue
		case rt == nil:
			rt = &route{}
			r.byName[name] = rt
		}
		if name != spool.Mail {
			hooks++
		}
		rt.busy, rt.served = true, now
		taken = append(taken, name)
	}
	return taken
}

// release records that the worker of a route ended.
func (r *routes) release(name string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byName[name].busy = false
	maps.DeleteFunc(r.byName, func(_ string, rt *route) bool {
		return !rt.busy && rt.failures == 0 && now.Sub(rt.served) > turn
	})
}

// idle reports whether a route that failed is open again and has no delivery due.
func (r *routes) idle(due []string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, rt := range r.byName {
		if rt.failures > 0 && rt.idle(now) && !slices.Contains(due, name) {
			return true
		}
	}
	return false
}

// forget forgets the routes that are open again and have no waiting deliveries, for
// example because the last delivery has failed for good.
func (r *routes) forget(waiting []string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byName, func(name string, rt *route) bool { return rt.idle(now) && !slices.Contains(waiting, name) })
}

// idle reports whether a route has no worker and is not closed.
func (rt *route) idle(now time.Time) bool { return !rt.busy && !now.Before(rt.closed) }

// passed records that a delivery reached the server, even if the server refused it.
func (r *routes) passed(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rt := r.byName[name]
	rt.failures, rt.closed, rt.why = 0, time.Time{}, ""
}

// failed records that a delivery did not reach the server. It returns for how long the
// route is closed, 0 if it stays open. That is at least as long as the receiver asks.
func (r *routes) failed(name string, now time.Time, asked time.Duration, why string) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	rt := r.byName[name]
	if rt.failures++; rt.failures < failuresMost && asked == 0 {
		return 0
	}
	pause := max(asked, min(closedFirst<<min(max(0, rt.failures-failuresMost), 10), closedMost))
	rt.closed, rt.why = now.Add(pause), why
	return pause
}

// Closed returns the routes that are closed, with the last error, and the routes that
// are open again while deliveries of them wait.
func (n *Notifier) Closed() map[string]string {
	n.routes.mu.Lock()
	defer n.routes.mu.Unlock()
	closed := map[string]string{}
	for name, rt := range n.routes.byName {
		if rt.why != "" {
			closed[name] = rt.why
		}
	}
	return closed
}
