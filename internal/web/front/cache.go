// SPDX-License-Identifier: Apache-2.0

package front

import (
	"container/list"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxKept is how many bytes of answers are kept.
const maxKept = 32 << 20

// shared answers by h, once for all clients that ask the same at a time. An answer that
// is too large to be held is made for each client, and so is an answer to a request
// with a token.
func (v *request) shared(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	coding := negotiate(strings.Join(r.Header["Accept-Encoding"], ","))
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	token := v.limits.hasToken(r)
	c := exchange{
		w: w, r: r, coding: coding, most: v.slots.kind.maxHeld(), h: h,
		fresh: v.slots.kind.forPrograms() && !token, private: v.slots.kind.reads() && token, vary: v.limits.vary(),
	}
	var all *response
	if read && !token {
		keep := v.cache.keep
		if v.slots.kind < File || v.slots.kind.forSubmitters() {
			keep = 0 // handlers of the cheap kinds keep their answers; submitters wait for a change
		}
		all = v.cache.answer(r.Context(), v.slots.kind.keyOf(r, coding), keep, c.respond)
	} else {
		all = c.respond(nil)
	}
	if all != nil {
		cut := func() { v.connection.SetWriteDeadline(longAgo) }
		v.bodies.send(len(all.body), cut, func() { all.send(w, r) })
	}
}

// keyOf returns the key of a request's answer: requests with the same key have the same
// answer. The order of parameters with different names is not part of the key, and
// neither are the parameters of a file, which has none. The URL of the service is part
// of the key, because some answers contain it.
func (k Kind) keyOf(r *http.Request, c coding) string {
	query := r.URL.RawQuery
	if k == File {
		query = ""
	}
	if strings.Contains(query, "&") {
		name := func(s string) string { s, _, _ = strings.Cut(s, "="); return s }
		parts := strings.Split(query, "&")
		slices.SortStableFunc(parts, func(a, b string) int { return strings.Compare(name(a), name(b)) })
		query = strings.Join(parts, "&")
	}
	return string(c) + " " + Scheme(r) + "://" + r.Host + r.URL.EscapedPath() + "?" + query
}

// cache keeps answers for a while, and knows which answers are being made.
type cache struct {
	keep time.Duration // how long an answer is kept

	mu      sync.Mutex
	kept    map[string]*list.Element // of entries
	entries list.List                // of *entry, oldest first
	bytes   int
	flights map[string]*flight
}

func newCache(keep time.Duration) *cache {
	return &cache{keep: keep, kept: make(map[string]*list.Element), flights: make(map[string]*flight)}
}

// entry is an answer that is kept. An entry without an answer says that the answer is
// too large.
type entry struct {
	key   string
	all   *response
	until time.Time
}

func (e *entry) size() int {
	n := 1000 + len(e.key) // 1,000 bytes for the entry itself, roughly
	if e.all != nil {
		n += len(e.all.body)
	}
	return n
}

// flight is an answer that is being made, and that clients wait for.
type flight struct {
	done  chan struct{}
	all   *response // nil if the others have to ask themselves
	large bool      // the answer is sent while it is made, so the others ask themselves
}

// answer returns an answer that is kept or being made. Otherwise it calls ask and keeps
// the result for a while. It returns nil if ask has sent the answer already,
// or if the client has gone.
func (c *cache) answer(ctx context.Context, key string, keep time.Duration, ask func(overflow func()) *response) *response {
	for ctx.Err() == nil {
		c.mu.Lock()
		if e := c.kept[key]; e != nil && time.Now().Before(e.Value.(*entry).until) {
			all := e.Value.(*entry).all
			c.mu.Unlock()
			if all == nil {
				return ask(nil)
			}
			return all
		}
		f := c.flights[key]
		if f == nil {
			f = &flight{done: make(chan struct{})}
			c.flights[key] = f
			c.mu.Unlock()
			return c.runFlight(ctx, key, keep, f, ask)
		}
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil
		}
		if f.large {
			return ask(nil)
		}
		if f.all != nil {
			return f.all
		}
	}
	return nil
}

// runFlight calls ask, and gives the answer to all clients that wait for it.
func (c *cache) runFlight(ctx context.Context, key string, keep time.Duration, f *flight, ask func(overflow func()) *response) (all *response) {
	ended := false
	end := func(large bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if ended {
			return
		}
		ended = true
		delete(c.flights, key)
		if ctx.Err() == nil { // else the client went away, and the answer is not complete
			f.all, f.large = all, large
			if keep > 0 && (large || all != nil && all.status == http.StatusOK) {
				c.put(&entry{key, all, time.Now().Add(keep)})
			}
		}
		close(f.done)
	}
	defer func() { end(false) }() // also if ask panics
	return ask(func() { end(true) })
}

// put keeps an answer, and drops answers that are too old or too many.
func (c *cache) put(e *entry) {
	if old := c.kept[e.key]; old != nil {
		c.drop(old)
	}
	c.kept[e.key] = c.entries.PushBack(e)
	c.bytes += e.size()
	for oldest := c.entries.Front(); oldest != nil && (c.bytes > maxKept || time.Now().After(oldest.Value.(*entry).until)); oldest = c.entries.Front() {
		c.drop(oldest)
	}
}

func (c *cache) drop(e *list.Element) {
	old := c.entries.Remove(e).(*entry)
	delete(c.kept, old.key)
	c.bytes -= old.size()
}
