// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// counted is a queue that says a number, or fails.
type counted struct {
	queue.Queue // nil: depth calls no other methods
	number      int
	err         error
}

func (c *counted) Stats(ctx context.Context) (queue.Stats, error) {
	return queue.Stats{Messages: c.number}, errors.Join(c.err, ctx.Err())
}

// TestDepth: a queue that fails, or does not know how many submissions wait, refuses none,
// whatever it said before and however many are published meanwhile.
func TestDepth(t *testing.T) {
	var d depth
	now := time.Now()
	waiting := func(ctx context.Context, q *counted, want int) {
		t.Helper()
		now = now.Add(depthAge)
		if n := d.waiting(ctx, q, now); n != want {
			t.Errorf("%d submissions wait, want %d", n, want)
		}
		for range 3 {
			d.add()
		}
		if want != queue.Unknown {
			want += 3
		}
		if n := d.waiting(ctx, q, now); n != want {
			t.Errorf("%d submissions wait after 3 more, want %d", n, want)
		}
	}
	waiting(t.Context(), &counted{number: 10}, 10)
	waiting(t.Context(), &counted{number: 10, err: errors.New("down")}, queue.Unknown)
	waiting(t.Context(), &counted{number: queue.Unknown}, queue.Unknown)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	waiting(gone, &counted{number: 7}, 7)
}
