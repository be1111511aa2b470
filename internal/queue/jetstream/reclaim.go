// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
)

// reclaimTime is long enough for the server to check all unacknowledged
// messages: it does so 100 ms after the visibility time was changed.
const reclaimTime = 200 * time.Millisecond

// reclaim makes unacknowledged messages come back at once, if that is safe: if
// only this process has the embedded queue open and has just begun to pull,
// then an ended process had pulled them. Their attempts stay counted. The
// server has no request for this, but a visibility time that is short for a
// moment has the same effect.
//
// reclaim returns the consumer with the visibility time of the configuration,
// also if an earlier process died in the middle of a reclaim.
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
