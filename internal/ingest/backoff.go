// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"cmp"
	"context"
	"time"
)

// The waits of a backoff, which doubles them.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// The waits of a submission that was put aside.
const (
	firstAside = time.Second
	lastAside  = 10 * time.Minute
	// suspectAside is the wait of a submission that this process has not tried, and
	// that may have ended others. It is short, because most of them only were in the
	// same batch.
	suspectAside = 3 * time.Second
)

// asideFor returns how long a submission waits that has come so many times.
func asideFor(attempt int) time.Duration {
	return min(firstAside<<min(max(attempt, 1)-1, 16), lastAside)
}

// backoff waits longer each time, up to most, lastBackoff if that is zero.
type backoff struct{ next, most time.Duration }

// sleep waits, but not beyond the end of ctx.
func (b *backoff) sleep(ctx context.Context) { b.wait(ctx.Done()) }

// wait waits until done is closed at most, and tells whether it was not.
func (b *backoff) wait(done <-chan struct{}) bool {
	b.next = min(max(2*b.next, firstBackoff), cmp.Or(b.most, lastBackoff))
	select {
	case <-done:
		return false
	case <-time.After(b.next):
		return true
	}
}
