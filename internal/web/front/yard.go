// SPDX-License-Identifier: Apache-2.0

package front

import (
	"container/list"
	"sync"
	"time"
)

const (
	// stall is from when on a client is waited for.
	stall = 200 * time.Millisecond
	// maxStreams is how many answers that are still being made wait for their
	// clients. Each of them has a connection to the database.
	maxStreams = 4
	// maxUnsent is how many bytes of answers that are made wait for their clients.
	maxUnsent = 32 << 20
)

// longAgo is a deadline that is over.
var longAgo = time.Unix(1, 0)

// yard is where answers wait for clients that are slow to read. Where they are too
// many, the one that has waited for the longest time is given up: a client that
// reads on, slowly, does not wait for long at a time.
type yard struct {
	most int64 // weight

	mu      sync.Mutex
	weight  int64
	waiters list.List // of *waiter, the longest first
}

// waiter is an answer that waits.
type waiter struct {
	weight int64
	cut    func() // gives it up

	at   *list.Element // nil while it does not wait
	done bool          // it will never wait again
}

func (y *yard) enter(x *waiter) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if x.done {
		return
	}
	x.at = y.waiters.PushBack(x)
	y.weight += x.weight
	for y.weight > y.most {
		longest := y.waiters.Front().Value.(*waiter)
		y.drop(longest)
		longest.cut()
	}
}

func (y *yard) leave(x *waiter) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.drop(x)
}

// end drops a waiter, which never waits again.
func (y *yard) end(x *waiter) {
	y.mu.Lock()
	defer y.mu.Unlock()
	x.done = true
	y.drop(x)
}

func (y *yard) drop(x *waiter) {
	if x.at != nil {
		y.waiters.Remove(x.at)
		y.weight -= x.weight
		x.at = nil
	}
}

// waiting has f send an answer that is made. It waits here if that takes longer
// than a moment, and is given up by cut.
func (y *yard) waiting(weight int, cut func(), f func()) {
	x := &waiter{weight: int64(weight), cut: cut}
	timer := time.AfterFunc(stall, func() { y.enter(x) })
	defer func() {
		timer.Stop()
		y.end(x)
	}()
	f()
}
