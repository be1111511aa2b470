// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"context"
	"errors"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
)

// Feed answers with the feed that read returns, or by the error of read. Programs read
// feeds, so a failure is a status without a page.
func (s *Shell) Feed(w http.ResponseWriter, r *http.Request, read func(ctx context.Context) (*feed.Feed, error)) {
	ctx, cancel := context.WithTimeout(r.Context(), viewTime)
	defer cancel()
	f, err := read(ctx)
	var refusal *Refusal
	switch {
	case err == nil:
		f.Write(w)
	case errors.As(err, &refusal):
		w.WriteHeader(refusal.Status)
	case errors.Is(ctx.Err(), context.Canceled): // the reader is gone
	default:
		s.Log.Error("no feed", "path", r.URL.Path, "error", err)
		status, retryAfter := front.Failure(err)
		front.RetryAfter(w, retryAfter)
		w.WriteHeader(status)
	}
}
