// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"sync"
	"time"
)

const (
	// pieceSize is how much of a body is read or moved at once.
	pieceSize = 256 << 10
	// longRate is how many bytes per second all long bodies together may have, beyond the
	// first longBody bytes of each. A processor checks twenty times as many.
	longRate = 64 << 20
)

// pace lets bytes pass at longRate, in the order in which they came. Without it a few senders
// on a fast network keep the kernel, the memory and the processors busy.
type pace struct {
	mu   sync.Mutex
	free time.Time // when all bytes so far have passed
}

// wait waits until the bytes before have passed, or until ctx ends.
func (p *pace) wait(ctx context.Context, bytes int) {
	p.mu.Lock()
	now := time.Now()
	if p.free.Before(now) {
		p.free = now
	}
	left := p.free.Sub(now)
	p.free = p.free.Add(time.Duration(bytes) * time.Second / longRate)
	p.mu.Unlock()
	select {
	case <-time.After(left):
	case <-ctx.Done():
	}
}
