// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
)

// reclaimTime is enough for the server to look at all messages that are out:
// it does so 100 ms after the visibility time was changed.
const reclaimTime = 200 * time.Millisecond

// reclaim makes the messages that are out come back at once, where that is
// safe: when this process alone has an embedded queue and has just begun to
// pull, they were handed out by a process that is gone. The attempts stay
// counted. The server has no request for this, but a visibility time that is
// short for a moment has the same effect.
//
// It returns the consumer as it is afterwards, with the visibility time of the
// configuration even if a process died in the middle of this once.
func (q *jsQueue) reclaim(ctx context.Context, consumer js.Consumer) (js.Consumer, error) {
	info := consumer.CachedInfo()
	if q.srv == nil || q.cfg.Listen != "" {
		return consumer, nil
	}
	cfg := info.Config
	if info.NumAckPending > 0 {
		cfg.AckWait = time.Millisecond
		if _, err := q.js.UpdateConsumer(ctx, q.cfg.Stream, cfg); err != nil {
			return nil, err
		}
		select {
		case <-time.After(reclaimTime):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if cfg.AckWait == q.cfg.Visibility {
		return consumer, nil
	}
	cfg.AckWait = q.cfg.Visibility
	return q.js.UpdateConsumer(ctx, q.cfg.Stream, cfg)
}
