// SPDX-License-Identifier: Apache-2.0

// Package submit receives reports: CI systems send reports over HTTP, and ask for the
// state of a submission.
//
// A report is checked while its sender waits, and is on disk, in the queue, before the
// sender gets the ID. Paths, status codes, bodies and metrics are those of the REST
// service that CI systems use today; answers may have additional members. Unlike that
// service, a Receiver refuses invalid reports at once, and accepts compressed bodies.
package submit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/sync/semaphore"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/traces"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// Receiver receives submissions.
type Receiver struct {
	Config
	memory   *memory              // bytes of reports
	last     *semaphore.Weighted  // for the only body that may take more
	checking *memory              // bytes that checks need in addition
	turns    *semaphore.Weighted  // of long bodies and of faulty ones
	pace     pace                 // of long bodies
	faulty   *front.Rates[string] // seconds of turns, by sender
	places   places               // of reports that have arrived, by sender
	address  func(*http.Request) netip.Addr
	checked  atomic.Int64 // submissions that have arrived and are not in the queue yet
	dead     givenUp
	depth    depth
	rates    *front.Rates[string] // by token; nil if the rate is not limited
}

// Config is the configuration of a Receiver. All fields must be set.
type Config struct {
	Auth *auth.Checker
	// Rule says what becomes of objects of origins that the token does not name. Without
	// authentication it has no effect.
	Rule    auth.Rule
	Queue   queue.Queue
	Store   store.Store
	Metrics *Metrics
	Log     *slog.Logger
	Now     func() time.Time
	// Clock returns the time of receipt for each submission.
	Clock *arrival.Clock

	// Partial: the loader loads the good objects of a report, and keeps the objects with
	// faults for their sender. Otherwise a report with a fault is refused.
	Partial bool

	// MaxBytes is the maximum size of a report, after decompression, and MaxObjects the
	// maximum number of its objects.
	MaxBytes   int64
	MaxObjects int
	// MaxMemory limits the bytes of all reports that arrive at a time, as far as they
	// have arrived; one report may take MaxBytes in addition. It also limits the memory
	// for checking reports, unless one report alone needs more. A report that gets no
	// memory within Wait is answered with 503.
	MaxMemory int64
	Wait      time.Duration

	// QueueLimit is how many submissions may wait in the queue before further ones are
	// refused, 0 for any number.
	QueueLimit int
	// TokenRate is how many submissions per second a token may send, 0 for any number,
	// and TokenBurst is how many at once after a pause.
	TokenRate, TokenBurst int
}

// New returns a receiver.
func New(c Config) *Receiver {
	c.MaxMemory = max(c.MaxMemory, 1)
	d := &Receiver{
		Config: c, memory: newMemory(c.MaxMemory), last: semaphore.NewWeighted(1), checking: newMemory(c.MaxMemory),
		turns:  semaphore.NewWeighted(int64(max(runtime.GOMAXPROCS(0)/2, 1))),
		faulty: front.NewRates[string](faultyShare, faultyBurst),
	}
	if c.TokenRate > 0 {
		d.rates = front.NewRates[string](float64(c.TokenRate), c.TokenBurst)
	}
	return d
}

// Routes adds the receiver's paths to a front.
func (d *Receiver) Routes(f *front.Front) {
	d.address = f.Client
	f.Handle("/submit", front.Submission, front.Methods{http.MethodPost: d.submit})
	f.Handle("/status", front.Receipt, front.Methods{http.MethodGet: d.status})
	f.Handle("/authtest", front.Receipt, front.Methods{http.MethodGet: d.authTest})
}

// Busy reports whether submissions are being received. Only submissions with a valid
// token that have arrived completely count, because other clients must not slow the
// loader down.
func (d *Receiver) Busy() bool { return d.checked.Load() > 0 }

// submit receives a report.
//
// The token is checked before the body is read, so that strangers cannot fill the
// memory. Clients do not notice, because the body is read to its end anyway.
func (d *Receiver) submit(w http.ResponseWriter, r *http.Request) {
	begun := d.Now()
	// A service without tokens is open to programs on this machine, but not to web
	// pages that a browser on this machine shows.
	if new(http.CrossOriginProtection).Check(r) != nil {
		d.fail(w, r, auth.Token{}, otherSite)
		return
	}
	token, err := d.authorize(r.Context(), r.Header)
	sender := d.sender(r, token)
	if err == nil {
		err = d.admit(r.Context(), token, sender)
	}
	if err != nil {
		d.drain(r)
		d.fail(w, r, token, err)
		return
	}
	strict, err := isStrict(r)
	if err != nil {
		d.drain(r)
		d.fail(w, r, token, err)
		return
	}
	body, err := d.read(r, sender)
	defer body.release()
	if err != nil {
		body.charge(err, nil)
		d.drain(r)
		d.fail(w, r, token, err)
		return
	}
	m, found, err := d.accept(r.Context(), token, body, strict, begun)
	body.charge(err, found)
	if err != nil {
		d.fail(w, r, token, err)
		return
	}
	a := answer{
		ID: m.ID, Status: "ok",
		Message: fmt.Sprintf("Received submission %s with size %d bytes", m.ID, len(m.Data)),
	}
	a.addFindings(found)
	write(w, http.StatusOK, a)
}

// accept checks a report that has arrived, and puts it into the queue, as it is. Strict
// refuses a report with any fault, and returns no findings.
func (d *Receiver) accept(ctx context.Context, token auth.Token, body *body, strict bool, begun time.Time) (m queue.Message, found *report.Sifted, err error) {
	d.checked.Add(1)
	defer d.checked.Add(-1)
	leave := d.places.take(ctx, body.sender, d.Wait)
	if leave == nil {
		return m, nil, checkFailure(ctx, tooManyAtOnce)
	}
	defer leave()
	found, done, err := d.check(ctx, token, body, strict)
	if err != nil {
		return m, nil, checkFailure(ctx, err)
	}
	defer done()
	if n := found.Objects + len(found.Rejected); n > d.MaxObjects {
		return m, nil, &failure{code: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("The report has %d objects, and may have %d: send it in parts", n, d.MaxObjects)}
	}
	if err := checkLists(token, body.data); err != nil {
		return m, nil, err
	}
	body.endTurn() // the queue works for it now
	// Times have nearly the order of the messages, so that a loaded object is mostly
	// newer than the object in the database.
	m = queue.Message{
		ID: arrival.NewID(), Origin: token.Origin(), Token: token.ID, Origins: d.allowed(token),
		Objects: found.Objects, Received: d.Clock.Next(), Data: body.data,
	}
	if err := d.publish(ctx, m); err != nil {
		return m, nil, publishFailure(ctx, err)
	}
	d.depth.add()
	d.Metrics.accepted(m.Origin, len(m.Data), found)
	d.Log.LogAttrs(ctx, slog.LevelInfo, "submission accepted",
		slog.String("id", m.ID), slog.String("origin", m.Origin), slog.String("token", m.Token), slog.Int("bytes", len(m.Data)),
		slog.Int("objects", m.Objects), slog.Int("rejected", len(found.Rejected)), slog.Int("repaired", found.Repaired()), slog.Float64("took_seconds", d.Now().Sub(begun).Seconds()))
	return m, found, nil
}

// publish puts a message into the queue, in a span with its ID: the loader's spans have it,
// too.
func (d *Receiver) publish(ctx context.Context, m queue.Message) error {
	ctx, span := traces.Within(ctx, "publish")
	defer span.End()
	if span.IsRecording() {
		span.SetAttributes(attribute.String("kcidb.submission", m.ID), attribute.Int("kcidb.objects", m.Objects), attribute.Int("kcidb.bytes", len(m.Data)))
	}
	return d.Queue.Publish(ctx, m)
}

func (d *Receiver) authTest(w http.ResponseWriter, r *http.Request) {
	if _, err := d.Auth.Token(r.Context(), r.Header); err != nil {
		write(w, http.StatusUnauthorized, refusal(err.Error()))
		return
	}
	write(w, http.StatusOK, answer{ID: "0", Status: "ok", Message: "Authentication successful"})
}

// checkFailure returns the error of a check for the client.
func checkFailure(ctx context.Context, err error) error {
	if _, invalid := errors.AsType[*report.Error](err); !invalid && ctx.Err() != nil {
		return gone
	}
	return err
}

// otherSite is the failure of a submission by the page of another site.
var otherSite = &failure{code: http.StatusForbidden, message: "Pages of other sites must not submit"}

// gone is the failure of a submission whose sender no longer waits for the answer.
var gone = &failure{code: statusGone, message: "The sender is gone"}

// publishFailure returns the error of the queue for the client.
func publishFailure(ctx context.Context, err error) error {
	status, retryAfter := front.Failure(err)
	switch kind := errkind.Of(err); {
	case kind == errkind.Full:
		return &failure{status, "No space left for submissions, try again later", err, retryAfter}
	case kind == errkind.Busy:
		return &failure{status, "The queue does not answer, try again later", err, retryAfter}
	case kind == errkind.TooLarge:
		return &failure{code: status, message: "The report is larger than the queue accepts"}
	case ctx.Err() != nil:
		return gone
	}
	return &failure{http.StatusInternalServerError, "Internal server error", err, 0}
}
