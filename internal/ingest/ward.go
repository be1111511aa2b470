// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"sync"
	"time"
)

// Trouble is submissions that could not be loaded for one kind of reason. They
// are in the queue, and are tried again.
type Trouble struct {
	Kind        string // one of Kinds
	Submissions int
	Since       time.Time // when the first of them failed for the first time
}

// State is what a loader cannot load.
type State struct {
	// Blocked is the kind of trouble that lets nothing be loaded, "" if there is
	// none. It ends with the next submission that is loaded.
	Blocked string
	Since   time.Time // when Blocked began
	// Aside is the submissions that wait while others are loaded, by kind, one
	// Trouble each, in the order of Kinds.
	Aside []Trouble
}

// State tells what the loader cannot load. It may be called at any time.
func (l *Loader) State() State { return l.ward.state(l.Now()) }

const (
	// blockedFrom is how many submissions in a row fail, each for a reason that
	// may be its own, until they say that nothing can be loaded.
	blockedFrom = 3
	// forgetAfter is how long after its time a submission is still counted as one
	// that waits. Another loader may have it by then, or have loaded it.
	forgetAfter = time.Hour
)

// ward remembers which submissions wait aside, and whether anything is loaded.
type ward struct {
	mu      sync.Mutex
	aside   map[string]patient // by ID
	blocked string             // see State
	since   time.Time          // when the first of those in a row failed
	inARow  int                // submissions that failed since one was loaded
}

// patient is a submission that waits aside.
type patient struct {
	kind       string
	since, due time.Time
}

// knows tells whether a submission was put aside before.
func (w *ward) knows(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, known := w.aside[id]
	return known
}

// put notes that a submission waits aside until due. It returns how many different
// ones have been put aside since one was loaded.
func (w *ward) put(id, kind string, now, due time.Time) (inARow int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(now)
	p, known := w.aside[id]
	if !known {
		p.since = now
		if kind != kindInterrupted { // which was not tried, and says nothing of the store
			w.fails(now)
			if w.inARow >= blockedFrom {
				w.blocked = kind
			}
		}
	}
	p.kind, p.due = kind, due
	if w.aside == nil {
		w.aside = map[string]patient{}
	}
	w.aside[id] = p
	return w.inARow
}

// block notes that nothing can be loaded.
func (w *ward) block(kind string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inARow == 0 {
		w.fails(now)
	}
	w.blocked = kind
}

func (w *ward) fails(now time.Time) {
	if w.inARow == 0 {
		w.since = now
	}
	w.inARow++
}

// settled notes that submissions are loaded, or given up: the store works. Without
// any it notes nothing.
func (w *ward) settled(submissions ...*submission) {
	if len(submissions) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blocked, w.inARow = "", 0
	for _, s := range submissions {
		delete(w.aside, s.receipt.ID)
	}
}

func (w *ward) forget(now time.Time) {
	for id, p := range w.aside {
		if now.After(p.due.Add(forgetAfter)) {
			delete(w.aside, id)
		}
	}
}

func (w *ward) state(now time.Time) State {
	w.mu.Lock()
	defer w.mu.Unlock()
	var state State
	if w.blocked != "" {
		state.Blocked, state.Since = w.blocked, w.since
	}
	w.forget(now)
	byKind := map[string]Trouble{}
	for _, p := range w.aside {
		t := byKind[p.kind]
		if t.Submissions == 0 || p.since.Before(t.Since) {
			t.Since = p.since
		}
		t.Kind = p.kind
		t.Submissions++
		byKind[p.kind] = t
	}
	for _, kind := range Kinds {
		if t := byKind[kind]; t.Submissions > 0 {
			state.Aside = append(state.Aside, t)
		}
	}
	return state
}
