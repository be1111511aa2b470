// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// Why a submission has to come later, as metrics have it.
const (
	reasonRate   = "rate"
	reasonQueue  = "queue"
	reasonFaulty = "faults"
)

const (
	// depthAge is how old the number of waiting submissions may be.
	depthAge = time.Second
	// depthTime is how long the queue may take to say the number.
	depthTime = 5 * time.Second
	// retryFull is when to try again if the queue is too long. A loader loads tens of
	// thousands of objects in that time.
	retryFull = 30 * time.Second
)

// admit returns the failure of a submission that has to come later, before its body is read:
// its token sends too many, its sender's faults cost too much, or the queue is too long.
func (d *Receiver) admit(ctx context.Context, token auth.Token, sender string) error {
	if err := d.overdrawn(sender); err != nil {
		return err
	}
	if d.rates != nil && token.ID != "" {
		if wait := d.rates.Take(token.ID, d.Now()); wait > 0 {
			d.Metrics.postponed.WithLabelValues(reasonRate).Inc()
			return &failure{
				code: http.StatusTooManyRequests, retry: wait + time.Second, // the header has whole seconds
				message: "Too many submissions with this token: try again when the header Retry-After says",
			}
		}
	}
	if d.QueueLimit > 0 && d.depth.waiting(ctx, d.Queue, d.Now()) >= d.QueueLimit {
		d.Metrics.postponed.WithLabelValues(reasonQueue).Inc()
		return &failure{
			code: http.StatusTooManyRequests, retry: retryFull,
			message: "Too many submissions wait to be loaded: try again when the header Retry-After says",
		}
	}
	return nil
}

// depth knows about how many submissions wait in the queue. It asks the queue at most once
// in depthAge, and adds the submissions published since, so that a burst does not go beyond
// a limit.
type depth struct {
	mu     sync.Mutex
	asked  time.Time
	number int // or queue.Unknown, which is below any limit
}

// waiting returns the number. While one caller asks the queue, the others get the number
// known before. A queue that does not answer, or does not know, refuses no submissions here.
func (d *depth) waiting(ctx context.Context, q queue.Queue, now time.Time) int {
	if known, due := d.known(now); !due {
		return known
	}
	// The number is for all senders, so a sender that goes away does not make it unknown.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), depthTime)
	defer cancel()
	stats, err := q.Stats(ctx)
	if err != nil {
		stats.Messages = queue.Unknown
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.number = stats.Messages
	return d.number
}

// known returns the number, and whether the caller has to ask the queue.
func (d *depth) known(now time.Time) (number int, due bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if due = now.Sub(d.asked) >= depthAge; due {
		d.asked = now
	}
	return d.number, due
}

// add counts a submission that was published, if the number is known.
func (d *depth) add() {
	d.mu.Lock()
	if d.number != queue.Unknown {
		d.number++
	}
	d.mu.Unlock()
}
