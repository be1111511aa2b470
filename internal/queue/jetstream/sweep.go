// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"strings"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
)

// orphanAge is the minimum age of pieces without a head that are removed.
// Younger pieces may belong to a message that is being published or removed.
const orphanAge = 10 * time.Minute

// sweep removes pieces without a head. They are left when a process dies
// between the removal of a head and the removal of its pieces. sweep runs
// once, when the first message is pulled.
func (q *jsQueue) sweep() {
	ctx, cancel := context.WithTimeout(q.alive, requestTimeout)
	defer cancel()
	for _, stream := range []string{q.cfg.Stream, q.deadStream()} {
		if err := q.sweepStream(ctx, stream, orphanAge); err != nil && !q.closed.Load() {
			q.cfg.Logger.Warn("pieces of removed messages stay in the queue", "stream", stream, "error", err)
		}
	}
}

func (q *jsQueue) sweepStream(ctx context.Context, stream string, age time.Duration) error {
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	prefix := stream + ".p."
	listed, err := s.Info(ctx, js.WithSubjectFilter(prefix+">"))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for subject := range listed.State.Subjects {
		id, _, _ := strings.Cut(strings.TrimPrefix(subject, prefix), ".")
		if seen[id] {
			continue
		}
		seen[id] = true
		if n, err := q.count(ctx, stream, head(stream, id)); err != nil {
			return err
		} else if n > 0 {
			continue
		}
		msg, err := s.GetLastMsgForSubject(ctx, subject)
		if err != nil || time.Since(msg.Time) < age {
			continue
		}
		if err := q.purge(ctx, stream, prefix+id+".*"); err != nil {
			return err
		}
	}
	return nil
}
