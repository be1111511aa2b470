// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/store"
)

// newStore returns a store without a server.
func newStore(t *testing.T) *Store {
	t.Helper()
	t.Setenv("BIGQUERY_EMULATOR_HOST", "127.0.0.1:1")
	t.Setenv("BIGQUERY_STORAGE_EMULATOR_HOST", "127.0.0.1:1")
	s, err := Open(t.Context(), "p.d")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// An error of a job says as much as one of a call.
func TestFailureOfJob(t *testing.T) {
	s := newStore(t)
	for reason, want := range map[string]struct {
		err  error
		kind errkind.Kind
	}{
		"quotaExceeded":        {store.ErrUnavailable, errkind.Busy},
		"jobRateLimitExceeded": {store.ErrUnavailable, errkind.Busy},
		"backendError":         {store.ErrUnavailable, errkind.Busy},
		"accessDenied":         {store.ErrForbidden, errkind.Broken},
		"notFound":             {store.ErrNotInitialized, errkind.Broken},
		"invalidQuery":         {nil, errkind.Wrong},
	} {
		err := s.failure(t.Context(), "query", fmt.Errorf("rows: %w", &bigquery.Error{Reason: reason, Message: "x"}))
		if want.err != nil && !errors.Is(err, want.err) || errkind.Of(err) != want.kind {
			t.Errorf("%s: got %v of kind %v, want %v of kind %v", reason, err, errkind.Of(err), want.err, want.kind)
		}
	}
}

// A load that waits for a stream while the store is closed ends like all others.
func TestAppendAfterClose(t *testing.T) {
	s := newStore(t)
	st, err := s.streamOf(receiptsTable)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	r := rows{table: receiptsTable, of: receiptRow, messages: [][]byte{{}}}
	if err := s.appendTo(context.Background(), st, r, r.messages); !errors.Is(err, errClosed) {
		t.Errorf("got %v from a stream", err)
	}
	if err := s.append(context.Background(), r); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}
