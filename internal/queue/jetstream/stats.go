// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"cmp"
	"context"
	"errors"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Pending implements queue.Queue.
func (q *jsQueue) Pending(ctx context.Context, id string) (bool, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return false, q.translate("look into queue", err)
	}
	defer cancel()
	if !validName(id) {
		return false, nil
	}
	n, err := q.count(ctx, q.cfg.Stream, head(q.cfg.Stream, id))
	return n > 0, q.translate("look into queue", err)
}

// Newest implements queue.Queue.
func (q *jsQueue) Newest(ctx context.Context) (newest time.Time, err error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return newest, q.translate("look into queue", err)
	}
	defer cancel()
	for _, stream := range []string{q.cfg.Stream, q.deadStream()} {
		last, err := q.lastInfo(ctx, stream)
		if err != nil {
			return newest, q.translate("look into queue", err)
		}
		for _, received := range []time.Time{last.Received, last.Latest} {
			if received.After(newest) {
				newest = received
			}
		}
	}
	return newest, nil
}

// lastInfo returns the info of the last head in a stream, or the zero info if the stream
// is empty.
func (q *jsQueue) lastInfo(ctx context.Context, stream string) (info, error) {
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return info{}, err
	}
	msg, err := s.GetLastMsgForSubject(ctx, head(stream, "*"))
	if errors.Is(err, js.ErrMsgNotFound) {
		return info{}, nil
	}
	if err != nil {
		return info{}, err
	}
	return decode(msg.Subject, msg.Header, msg.Data, msg.Time), nil
}

// count returns the number of subjects in use that match a filter. The stream
// has an index of subjects, so that a single subject is found at once.
func (q *jsQueue) count(ctx context.Context, stream, filter string) (int, error) {
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return 0, err
	}
	info, err := s.Info(ctx, js.WithSubjectFilter(filter))
	if err != nil {
		return 0, err
	}
	return len(info.State.Subjects), nil
}

// Stats implements queue.Queue. Bytes are bytes on disk.
func (q *jsQueue) Stats(ctx context.Context) (queue.Stats, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return queue.Stats{}, q.translate("look into queue", err)
	}
	defer cancel()
	stream, err1 := q.js.Stream(ctx, q.cfg.Stream)
	consumer, err2 := q.js.Consumer(ctx, q.cfg.Stream, q.cfg.Consumer)
	dead, err3 := q.countDead(ctx)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return queue.Stats{}, q.translate("look into queue", err)
	}
	state := stream.CachedInfo().State
	var oldest time.Time
	if state.Msgs > 0 {
		oldest = state.FirstTime
	}
	waiting, unacked := consumer.CachedInfo().NumPending, consumer.CachedInfo().NumAckPending
	return queue.Stats{
		Messages:    int(waiting) + unacked,
		Bytes:       int64(state.Bytes),
		Unacked:     unacked,
		DeadLetters: dead,
		Oldest:      oldest,
	}, nil
}
