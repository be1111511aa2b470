// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// failures are the answers to errors of the store and the queue, by kind. All other
// kinds are an internal error, because the handlers have checked what the client
// asked for: if the engine misses something, or refuses a call, the client cannot
// help it. A handler that looks up what the client names answers Gone itself.
var failures = map[errkind.Kind]struct {
	status     int
	retryAfter time.Duration
}{
	errkind.Busy:     {http.StatusServiceUnavailable, 10 * time.Second},
	errkind.Full:     {http.StatusInsufficientStorage, time.Minute},
	errkind.TooLarge: {http.StatusRequestEntityTooLarge, 0},
}

// Failure returns the status of the answer to an error of the store or the queue,
// and after what time the client may try again, 0 if trying again is no use. The end
// of the time for an answer counts as Busy.
func Failure(err error) (status int, retryAfter time.Duration) {
	kind := errkind.Of(err)
	if errors.Is(err, context.DeadlineExceeded) {
		kind = errkind.Busy
	}
	if f, ok := failures[kind]; ok {
		return f.status, f.retryAfter
	}
	return http.StatusInternalServerError, 0
}

// RetryAfter sets the header that says after what time to try again, unless trying again
// is no use.
func RetryAfter(w http.ResponseWriter, after time.Duration) {
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	}
}
