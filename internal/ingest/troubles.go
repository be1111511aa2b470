// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"sync"
	"time"
)

// Trouble is the submissions that could not be loaded for one kind of reason. They
// stay in the queue, and the loader tries them again.
type Trouble struct {
	Kind        string // one of Kinds
	Submissions int
	Since       time.Time // when the first of them failed for the first time
}

// State is the trouble of a loader.
type State struct {
	// Blocked is the kind of trouble because of which nothing can be loaded, "" without
	// such trouble. It ends with the next submission that is loaded.
	Blocked string
	Since   time.Time // when Blocked began
	// Aside is the submissions that wait while others are loaded: one Trouble for each
	// kind, in the order of Kinds.
	Aside []Trouble
}

// State returns the trouble of the loader. It may be called at any time.
func (l *Loader) State() State { return l.troubles.state(l.Now()) }

const (
	// blockedFrom is how many submissions in a row fail, each for a reason that may be
	// its own, until the loader reports that nothing can be loaded.
	blockedFrom = 3
	// forgetAfter is how long after its time a submission still counts as one that
	// waits. By then another loader may have it, or may have loaded it.
	forgetAfter = time.Hour
)

// troubles remembers which submissions wait aside, and whether anything is loaded.
type troubles struct {
	mu      sync.Mutex
	aside   map[string]waiting // by ID
	blocked string             // see State
	since   time.Time          // when the first failure in a row was
	inARow  int                // submissions that failed since one was loaded
}

// waiting is a submission that waits aside.
type waiting struct {
	kind       string
	since, due time.Time
}

// wasAside reports whether a submission was put aside before.
func (t *troubles) wasAside(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.aside[id]
	return known
}

// put records that a submission waits aside until due. It returns how many different
// submissions have been put aside since one was loaded.
func (t *troubles) put(id, kind string, now, due time.Time) (inARow int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(now)
	p, known := t.aside[id]
	if !known {
		p.since = now
		if kind != kindInterrupted { // which was not tried, and does not depend on the store
			t.fails(now)
			if t.inARow >= blockedFrom {
				t.blocked = kind
			}
		}
	}
	p.kind, p.due = kind, due
	if t.aside == nil {
		t.aside = map[string]waiting{}
	}
	t.aside[id] = p
	return t.inARow
}

// block records that nothing can be loaded.
func (t *troubles) block(kind string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inARow == 0 {
		t.fails(now)
	}
	t.blocked = kind
}

func (t *troubles) fails(now time.Time) {
	if t.inARow == 0 {
		t.since = now
	}
	t.inARow++
}

// settled records that submissions are loaded or given up, so that the store works. It
// does nothing without submissions.
func (t *troubles) settled(submissions ...*submission) {
	if len(submissions) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.blocked, t.inARow = "", 0
	for _, s := range submissions {
		delete(t.aside, s.receipt.ID)
	}
}

func (t *troubles) forget(now time.Time) {
	for id, p := range t.aside {
		if now.After(p.due.Add(forgetAfter)) {
			delete(t.aside, id)
		}
	}
}

func (t *troubles) state(now time.Time) State {
	t.mu.Lock()
	defer t.mu.Unlock()
	var state State
	if t.blocked != "" {
		state.Blocked, state.Since = t.blocked, t.since
	}
	t.forget(now)
	byKind := map[string]Trouble{}
	for _, p := range t.aside {
		trouble := byKind[p.kind]
		if trouble.Submissions == 0 || p.since.Before(trouble.Since) {
			trouble.Since = p.since
		}
		trouble.Kind = p.kind
		trouble.Submissions++
		byKind[p.kind] = trouble
	}
	for _, kind := range Kinds {
		if trouble := byKind[kind]; trouble.Submissions > 0 {
			state.Aside = append(state.Aside, trouble)
		}
	}
	return state
}
