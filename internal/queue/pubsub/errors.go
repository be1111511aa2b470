// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// translate wraps err with the operation, with what to do about it and, if a caller may
// act on it, with an error of package queue.
func (q *pubsubQueue) translate(operation string, err error) error {
	if err == nil {
		return nil
	}
	if refused := q.refusal.since(time.Now().Add(-q.cfg.request)); refused != nil && isLate(err) {
		err = fmt.Errorf("repeated until the deadline: %w", refused)
	}
	explained := google.Explain(err)
	if kind := q.kind(explained); kind != nil && !errors.Is(err, kind) {
		return fmt.Errorf("%s pubsub:%s/%s: %w: %w", operation, q.cfg.Project, q.cfg.Topic, kind, explained)
	}
	return fmt.Errorf("%s pubsub:%s/%s: %w", operation, q.cfg.Project, q.cfg.Topic, explained)
}

func (q *pubsubQueue) kind(err error) error {
	switch {
	case q.closed.Load():
		return queue.ErrClosed
	case errors.Is(err, google.ErrNotFound):
		return queue.ErrNotFound
	case errors.Is(err, google.ErrUnavailable), errors.Is(err, google.ErrQuota):
		return queue.ErrUnavailable
	case errors.Is(err, google.ErrForbidden):
		return queue.ErrForbidden
	case errors.Is(err, context.DeadlineExceeded):
		return queue.ErrUnavailable
	}
	return nil
}

// refusal is the last error of a call that Google's client repeats until the deadline. The
// client returns the deadline alone, which does not say what to do.
type refusal struct{ last atomic.Pointer[refused] }

type refused struct {
	at  time.Time
	err error
}

// note is a grpc.UnaryClientInterceptor.
func (r *refusal) note(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := call(ctx, method, request, answer, conn, opts...)
	switch status.Code(err) {
	case codes.ResourceExhausted, codes.Unavailable, codes.Internal, codes.Aborted, codes.Unknown:
		r.last.Store(&refused{time.Now(), err})
	}
	return err
}

// since returns the last error, unless it is older.
func (r *refusal) since(t time.Time) error {
	if last := r.last.Load(); last != nil && last.at.After(t) {
		return last.err
	}
	return nil
}

// isLate reports whether an error is that of a deadline.
func isLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || isCode(err, codes.DeadlineExceeded)
}

func isCode(err error, code codes.Code) bool { return err != nil && status.Code(err) == code }
