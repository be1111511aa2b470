// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"time"
)

// The waits of a backoff, which doubles them.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// backoff waits longer each time.
type backoff struct{ next time.Duration }

// sleep waits, but not beyond the end of ctx.
func (b *backoff) sleep(ctx context.Context) { b.wait(ctx.Done()) }

// wait waits until done is closed at most, and tells whether it was not.
func (b *backoff) wait(done <-chan struct{}) bool {
	b.next = min(max(2*b.next, firstBackoff), lastBackoff)
	select {
	case <-done:
		return false
	case <-time.After(b.next):
		return true
	}
}
