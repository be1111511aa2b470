// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"cmp"
	"context"
	"time"
)

// The first and the longest wait of a backoff.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// The waits of a submission that is put aside.
const (
	firstAside = time.Second
	lastAside  = 10 * time.Minute
	// suspectAside is the wait of a submission that this process has not tried, and that
	// may have ended other processes. It is short, because most such submissions only
	// were in the same batch.
	suspectAside = 3 * time.Second
)

// asideFor returns how long a submission waits that has come attempt times.
func asideFor(attempt int) time.Duration {
	return min(firstAside<<min(max(attempt, 1)-1, 16), lastAside)
}

// backoff waits twice as long each time, up to most, or lastBackoff if most is zero.
type backoff struct{ next, most time.Duration }

// sleep waits until ctx ends at most.
func (b *backoff) sleep(ctx context.Context) { b.wait(ctx.Done()) }

// wait waits until done is closed at most. It returns false if done was closed.
func (b *backoff) wait(done <-chan struct{}) bool {
	b.next = min(max(2*b.next, firstBackoff), cmp.Or(b.most, lastBackoff))
	select {
	case <-done:
		return false
	case <-time.After(b.next):
		return true
	}
}
