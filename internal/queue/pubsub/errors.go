// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"errors"
	"fmt"

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

func isCode(err error, code codes.Code) bool { return err != nil && status.Code(err) == code }
