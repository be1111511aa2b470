// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// Errors that are answers. Their texts are for clients.
type (
	// notFound says that nothing was found: with status 200, as clients expect.
	notFound string
	// badRequest says what is wrong with a request.
	badRequest string
	// forbidden says that only submitters may ask this.
	forbidden string
	// noCounts says that the database has no roll-ups.
	noCounts struct{}
)

func (n notFound) Error() string   { return string(n) }
func (b badRequest) Error() string { return string(b) }
func (f forbidden) Error() string  { return string(f) }
func (noCounts) Error() string {
	return "The database of this service keeps no counts: put a PostgreSQL database first in a mux: of both, or look at the dashboards for Grafana"
}

// failed is the body of an error.
type failed struct {
	Message string `json:"error" doc:"What is wrong, or that nothing was found"`
	status  int
}

func (f *failed) Error() string             { return f.Message }
func (f *failed) GetStatus() int            { return f.status }
func (f *failed) ContentType(string) string { return "application/json" }

// fail sends an error, unless it is nil. If the answer has begun, the connection
// breaks.
func (r *registry) fail(ctx context.Context, w *lateWriter, err error) {
	if err == nil {
		return
	}
	if w.begun {
		if !errors.Is(err, front.ErrHead) {
			r.log.LogAttrs(ctx, slog.LevelWarn, "answer broken off", slog.Any("error", err))
		}
		panic(http.ErrAbortHandler)
	}
	f, retryAfter := failureOf(ctx, r.log, err)
	if retryAfter != "" {
		w.hc.SetHeader("Retry-After", retryAfter)
	}
	w.begun = true
	w.hc.SetHeader("Content-Type", "application/json")
	w.hc.SetStatus(f.status)
	jsonv2.MarshalWrite(w, f, jsontext.AllowInvalidUTF8(true))
}

// failureOf returns the answer to an error, and its header Retry-After, "" for none. The
// client does not get the text of an error of the store, which is logged instead.
func failureOf(ctx context.Context, log *slog.Logger, err error) (f *failed, retryAfter string) {
	f = &failed{Message: err.Error()}
	var missing notFound
	var bad badRequest
	var denied forbidden
	var unsupported noCounts
	switch {
	case errors.As(err, &missing):
		f.status = http.StatusOK
	case errors.As(err, &bad):
		f.status = http.StatusBadRequest
	case errors.As(err, &denied):
		f.status = http.StatusForbidden
	case errors.As(err, &unsupported):
		f.status = http.StatusNotImplemented
	default:
		var wait time.Duration
		if f.status, wait = front.Failure(err); f.status == http.StatusServiceUnavailable {
			f.Message = "The database is too busy at the moment: try again in a while"
		} else {
			log.LogAttrs(ctx, slog.LevelError, "no answer", slog.Any("error", err))
			f.Message = "The database does not answer at the moment"
		}
		if wait > 0 {
			retryAfter = strconv.Itoa(int(wait.Seconds()))
		}
	}
	return f, retryAfter
}
