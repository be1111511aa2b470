// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// The server's error codes that lead to an error of package queue.
const (
	codeAccountResources  = 10002
	codeInsufficient      = 10023
	codeStorageExceeded   = 10047
	codeMessageTooLarge   = 10054
	codeWrongLastSequence = 10071
	codeStoreFailed       = 10077 // any failed write; the description says which
	codeStreamBytes       = 10122
	codeWrongLastConstant = 10164
	codeDuplicateInBatch  = 10201
)

// translate wraps err with the operation and, if a caller may act on it, with
// an error of package queue.
func (q *jsQueue) translate(operation string, err error) error {
	if err == nil {
		return nil
	}
	if kind := q.kind(err); kind != nil && !errors.Is(err, kind) {
		return fmt.Errorf("%s %s: %w: %w", operation, q.cfg.Stream, kind, err)
	}
	return fmt.Errorf("%s %s: %w", operation, q.cfg.Stream, err)
}

func (q *jsQueue) kind(err error) error {
	if apiErr := asAPIError(err); apiErr != nil {
		return apiKind(apiErr)
	}
	switch {
	case q.closed.Load():
		return queue.ErrClosed
	case errors.Is(err, js.ErrMsgNotFound), errors.Is(err, js.ErrNoStreamResponse):
		return queue.ErrNotFound
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout),
		errors.Is(err, nats.ErrNoResponders), errors.Is(err, js.ErrNoHeartbeat),
		errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionReconnecting),
		errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrNoServers),
		errors.Is(err, nats.ErrDisconnected), errors.Is(err, js.ErrJetStreamNotEnabled):
		return queue.ErrUnavailable
	}
	return nil
}

func asAPIError(err error) *js.APIError {
	var apiErr *js.APIError
	if errors.As(err, &apiErr) {
		return apiErr
	}
	var jsErr js.JetStreamError
	if errors.As(err, &jsErr) {
		return jsErr.APIError()
	}
	return nil
}

func apiKind(err *js.APIError) error {
	switch err.ErrorCode {
	case codeAccountResources, codeInsufficient, codeStorageExceeded, codeStreamBytes:
		return queue.ErrFull
	case codeStoreFailed:
		if strings.Contains(err.Description, "maximum") || strings.Contains(err.Description, "no space") {
			return queue.ErrFull
		}
	case codeMessageTooLarge:
		return queue.ErrTooLarge
	}
	switch err.Code {
	case 404:
		return queue.ErrNotFound
	case 503:
		return queue.ErrUnavailable
	}
	return nil
}
