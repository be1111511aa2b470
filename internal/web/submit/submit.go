// SPDX-License-Identifier: Apache-2.0

// Package submit is the door for reports: CI systems hand them in over HTTP,
// and ask what became of them.
//
// A report is checked while its sender waits, and is on disk, in the queue,
// before the sender gets its ID. Paths, codes, bodies and metrics are those
// of the REST service that CI systems submit to today; answers may have more
// members than these know. Beyond it, reports that are not valid are refused
// at once, and bodies may be compressed.
package submit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// Door takes in submissions.
type Door struct {
	Config
	memory   *semaphore.Weighted // bytes of reports
	last     *semaphore.Weighted // of one that takes more than there is
	checking *semaphore.Weighted // bytes that checking takes in addition
	inside   atomic.Int64        // submissions that are there, and not in the queue yet
}

// Config is what a Door works with. All of it must be set.
type Config struct {
	Auth    *auth.Checker
	Queue   queue.Queue
	Store   store.Store
	Metrics *Metrics
	Log     *slog.Logger
	Now     func() time.Time
	// Clock gives each submission the time at which it was received.
	Clock *arrival.Clock

	// MaxBytes bounds a report, after decompression.
	MaxBytes int64
	// MaxMemory bounds the bytes of all reports that arrive at a time, for what of
	// them has arrived, but for one that may take MaxBytes in addition. It bounds
	// as well what checking reports takes, but for a report that takes more alone.
	// One that finds no room within Wait is answered by 503.
	MaxMemory int64
	Wait      time.Duration
}

// New returns a door.
func New(c Config) *Door {
	c.MaxMemory = max(c.MaxMemory, 1)
	return &Door{
		Config: c, memory: semaphore.NewWeighted(c.MaxMemory), last: semaphore.NewWeighted(1), checking: semaphore.NewWeighted(c.MaxMemory),
	}
}

// Routes adds the door's paths to a front.
func (d *Door) Routes(f *front.Front) {
	f.Handle("/submit", front.Submission, front.Methods{http.MethodPost: d.submit})
	f.Handle("/status", front.Receipt, front.Methods{http.MethodGet: d.status})
	f.Handle("/authtest", front.Receipt, front.Methods{http.MethodGet: d.authTest})
}

// Busy tells whether submissions are being taken in. Only those count whose
// sender is known and has sent all: others must not slow the loader down.
func (d *Door) Busy() bool { return d.inside.Load() > 0 }

// submit takes a report in.
//
// The sender is known before the body is read, so that strangers cannot fill
// the memory. Clients cannot tell: what they send is read to its end anyway.
func (d *Door) submit(w http.ResponseWriter, r *http.Request) {
	begun := d.Now()
	// A service without tokens is open to programs on this machine, but not to
	// whatever page a browser on it shows.
	if new(http.CrossOriginProtection).Check(r) != nil {
		d.fail(w, r, "", &failure{code: http.StatusForbidden, message: "Pages of other sites must not submit"})
		return
	}
	origin, err := d.Auth.Origin(r.Header)
	if err != nil {
		d.Metrics.refusals.Inc()
		drain(r)
		d.fail(w, r, "", &failure{code: http.StatusUnauthorized, message: err.Error()})
		return
	}
	body, err := d.read(r)
	defer body.release()
	if err != nil {
		drain(r)
		d.fail(w, r, origin, err)
		return
	}
	d.inside.Add(1)
	defer d.inside.Add(-1)
	checked, err := body.room(r.Context())
	if err != nil {
		d.fail(w, r, origin, err)
		return
	}
	defer checked()
	objects, err := report.Check(r.Context(), body.data)
	if err != nil {
		d.fail(w, r, origin, checkFailure(r.Context(), err))
		return
	}
	// Times follow each other as messages do, nearly: what is loaded is mostly newer
	// than what is there.
	m := queue.Message{ID: newID(), Origin: origin, Objects: objects, Received: d.Clock.Next(), Data: body.data}
	if err := d.Queue.Publish(r.Context(), m); err != nil {
		d.fail(w, r, origin, publishFailure(r.Context(), err))
		return
	}
	d.Metrics.accepted(origin, len(m.Data))
	d.Log.LogAttrs(r.Context(), slog.LevelInfo, "submission accepted",
		slog.String("id", m.ID), slog.String("origin", origin), slog.Int("bytes", len(m.Data)),
		slog.Int("objects", m.Objects), slog.Float64("took_seconds", d.Now().Sub(begun).Seconds()))
	write(w, http.StatusOK, answer{
		ID: m.ID, Status: "ok",
		Message: fmt.Sprintf("Received submission %s with size %d bytes", m.ID, len(m.Data)),
	})
}

func (d *Door) authTest(w http.ResponseWriter, r *http.Request) {
	if _, err := d.Auth.Origin(r.Header); err != nil {
		write(w, http.StatusUnauthorized, refusal(err.Error()))
		return
	}
	write(w, http.StatusOK, answer{ID: "0", Status: "ok", Message: "Authentication successful"})
}

// checkFailure says what an error of checking a report means to the sender.
func checkFailure(ctx context.Context, err error) error {
	if _, invalid := errors.AsType[*report.Error](err); !invalid && ctx.Err() != nil {
		return gone
	}
	return err
}

// gone is the failure of a submission whose sender does not wait for the answer.
var gone = &failure{code: statusGone, message: "The sender is gone"}

// publishFailure says what an error of the queue means to the sender.
func publishFailure(ctx context.Context, err error) error {
	status, retryAfter := front.Failure(err)
	switch kind := errkind.Of(err); {
	case kind == errkind.Full:
		return &failure{status, "No space left for submissions, try again later", err, retryAfter}
	case kind == errkind.Busy:
		return &failure{status, "The queue does not answer, try again later", err, retryAfter}
	case kind == errkind.TooLarge:
		return &failure{code: status, message: "The report is larger than the queue takes"}
	case ctx.Err() != nil:
		return gone
	}
	return &failure{http.StatusInternalServerError, "Internal server error", err, 0}
}

// newID returns 32 random letters and digits.
func newID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	id := make([]byte, 0, 32)
	for len(id) < cap(id) {
		var random [48]byte
		rand.Read(random[:]) // never fails
		for _, b := range random {
			// Six bits make 64 numbers; the two too many would not be even.
			if b &= 63; int(b) < len(alphabet) && len(id) < cap(id) {
				id = append(id, alphabet[b])
			}
		}
	}
	return string(id)
}
