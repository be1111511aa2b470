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

// maxKept bounds the answers that are kept, in bytes.
const maxKept = 32 << 20

// shared has h answer, once for all who ask for the same at a time. Answers too
// large to be held are made for each, and so are those to senders who say who they
// are.
func (v *visit) shared(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	coding := negotiate(strings.Join(r.Header["Accept-Encoding"], ","))
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	c := collecting{w: w, r: r, coding: coding, fresh: v.lane.kind.forPrograms(), h: h}
	var all *whole
	if read && r.Header["Authorization"] == nil {
		keep := v.cache.keep
		if v.lane.kind < Page || v.lane.kind.forSenders() {
			keep = 0 // the former keep what they need by themselves, and senders wait for a change
		}
		all = v.cache.answer(r.Context(), v.lane.kind.keyOf(r, coding), keep, c.collect)
	} else {
		all = c.collect(nil)
	}
	if all != nil {
		cut := func() { v.connection.SetWriteDeadline(longAgo) }
		v.bodies.waiting(len(all.body), cut, func() { all.answer(w, r) })
	}
}

// keyOf returns what tells requests with different answers apart. The order of
// parameters does not, but for that of the same name; pages have none. The URL by
// which clients know the service does, for there are answers with it in them.
func (k Kind) keyOf(r *http.Request, c coding) string {
	query := r.URL.RawQuery
	if k <= Page {
		query = ""
	}
	if strings.Contains(query, "&") {
		name := func(s string) string { s, _, _ = strings.Cut(s, "="); return s }
		parts := strings.Split(query, "&")
		slices.SortStableFunc(parts, func(a, b string) int { return strings.Compare(name(a), name(b)) })
		query = strings.Join(parts, "&")
	}
	scheme := " http://"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = " https://"
	}
	return string(c) + scheme + r.Host + r.URL.EscapedPath() + "?" + query
}

// cache keeps answers for a while, and knows which are being made.
type cache struct {
	keep time.Duration // most answers

	mu      sync.Mutex
	kept    map[string]*list.Element // of entries
	entries list.List                // of *entry, oldest first
	bytes   int
	flights map[string]*flight
}

func newCache(keep time.Duration) *cache {
	return &cache{keep: keep, kept: make(map[string]*list.Element), flights: make(map[string]*flight)}
}

// entry is an answer that is kept; one without is too large to be.
type entry struct {
	key   string
	all   *whole
	until time.Time
}

func (e *entry) size() int {
	n := 1000 + len(e.key) // or so
	if e.all != nil {
		n += len(e.all.body)
	}
	return n
}

// flight is an answer that is being made, for whoever waits for it.
type flight struct {
	done  chan struct{}
	all   *whole // nil where others have to ask themselves
	large bool   // for it is sent while it is made
}

// answer returns an answer that is kept, or being made, or has it made, to be kept
// for a while. It is nil where it was sent already, and where nobody waits for it
// any more.
func (c *cache) answer(ctx context.Context, key string, keep time.Duration, ask func(overflow func()) *whole) *whole {
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
			return c.fly(ctx, key, keep, f, ask)
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

// fly has an answer made, and gives it to those who wait.
func (c *cache) fly(ctx context.Context, key string, keep time.Duration, f *flight, ask func(overflow func()) *whole) (all *whole) {
	ended := false
	end := func(large bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if ended {
			return
		}
		ended = true
		delete(c.flights, key)
		if ctx.Err() == nil { // else it is of a client that went away, and no answer
			f.all, f.large = all, large
			if keep > 0 && (large || all != nil && all.status == http.StatusOK) {
				c.put(&entry{key, all, time.Now().Add(keep)})
			}
		}
		close(f.done)
	}
	defer func() { end(false) }() // also where it panics
	return ask(func() { end(true) })
}

// put keeps an answer, and drops those that are too old or too many.
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
