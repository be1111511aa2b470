// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

func TestFailure(t *testing.T) {
	for err, want := range map[error]struct {
		status     int
		retryAfter time.Duration
	}{
		store.ErrBusy: {503, 10 * time.Second},
		fmt.Errorf("x: %w", store.ErrUnavailable): {503, 10 * time.Second},
		context.DeadlineExceeded:                  {503, 10 * time.Second},
		queue.ErrClosed:                           {503, 10 * time.Second},
		store.ErrFull:                             {507, time.Minute},
		queue.ErrTooLarge:                         {413, 0},
		queue.ErrNotFound:                         {500, 0},
		store.ErrNotFound:                         {500, 0},
		errors.New("other"):                       {500, 0},
	} {
		if status, retryAfter := Failure(err); status != want.status || retryAfter != want.retryAfter {
			t.Errorf("%v: %d, again after %v, want %d, %v", err, status, retryAfter, want.status, want.retryAfter)
		}
	}
}
