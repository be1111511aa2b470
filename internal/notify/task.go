// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// NotifyFor considers changes and writes the notifications that are due, until nothing is
// left to do, and begins no step after the time d. Then it ends the notifier's lease, so
// that others may consider. It returns the numbers of changes that it considered and of
// notifications that it wrote, also with an error. Do not call it while Run or another
// NotifyFor of the same Notifier runs.
func (n *Notifier) NotifyFor(ctx context.Context, d time.Duration) (considered, written int64, err error) {
	end := n.Now().Add(d)
	considered, written = -n.counts.considered.Load(), -n.counts.written.Load()
	err = errors.Join(
		n.until(ctx, end, n.Consider),
		n.Spool.Release(ctx, n.Holder),
		n.until(ctx, end, n.WatchOrigins),
		n.until(ctx, end, n.Write),
		n.until(ctx, end, n.Forget),
	)
	return considered + n.counts.considered.Load(), written + n.counts.written.Load(), err
}

// until calls step as long as it has more to do, and not after end. It repeats a step that
// failed, so often that the step may set aside an object at fault.
func (n *Notifier) until(ctx context.Context, end time.Time, step func(context.Context) (bool, error)) error {
	failures := 0
	for ctx.Err() == nil && n.Now().Before(end) {
		var more bool
		err := catchPanic(func() (err error) {
			more, err = step(ctx)
			return err
		})
		switch {
		case errors.Is(err, spool.ErrTaken): // another process did the step
		case err == nil && !more:
			return nil
		case err == nil:
			failures = 0
		case failures == maxFailures:
			return err
		default:
			failures++
			if n.Wait(ctx, pace) != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// SendFor delivers what is due until nothing is, and begins no turn of a worker after the
// time d. It returns the number of messages that it sent, also with an error. Do not call
// it while Run or another SendFor of the same Notifier runs.
func (n *Notifier) SendFor(ctx context.Context, d time.Duration) (sent int64, err error) {
	sent = -n.counts.sent.Load()
	for end := n.Now().Add(d); err == nil && ctx.Err() == nil && n.Now().Before(end); {
		started := 0
		if started, err = n.sendTurn(ctx); started == 0 {
			break
		}
	}
	return sent + n.counts.sent.Load(), errors.Join(err, ctx.Err())
}

// sendTurn gives each route that has deliveries due a worker, waits for the workers, and
// returns their number.
func (n *Notifier) sendTurn(ctx context.Context) (started int, err error) {
	var mu sync.Mutex
	var failures []error
	started, err = n.startWorkers(ctx, func(failed error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, failed)
	})
	n.routes.workers.Wait()
	return started, errors.Join(append(failures, err)...)
}
