// SPDX-License-Identifier: Apache-2.0

// Package tasks serves the work of the roles load and notify as HTTP requests, for
// platforms such as Cloud Run, where a process works only while it answers a request.
//
// A scheduler or a push subscription calls POST /tasks/load, /tasks/notify and
// /tasks/send. Each call works until nothing is left to do, for the seconds asked for at
// most, and answers how much it did, as JSON. Its body is ignored. All state is in the
// queue, the database and the spool: calls may overlap in several processes, and a call
// whose process is killed is made up for by the next call.
//
// A caller needs a token that Google signed for a service account (OIDC), with the
// expected audience and one of the expected accounts.
package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// The seconds that a call works, unless it asks for others, and at most. The last step may
// take some seconds longer. Cloud Scheduler waits for three minutes by default, and
// Pub/Sub for ten minutes at most.
const (
	defaultSeconds = 50
	mostSeconds    = 540
)

// Loaded is what /tasks/load did.
type Loaded struct {
	Submissions int `json:"submissions"` // loaded
	Objects     int `json:"objects"`     // in these submissions
	Failed      int `json:"failed"`      // submissions given up
}

// Notified is what /tasks/notify did.
type Notified struct {
	Changes       int64 `json:"changes"`       // considered
	Notifications int64 `json:"notifications"` // written
}

// Sent is what /tasks/send did.
type Sent struct {
	Messages int64 `json:"messages"` // sent
}

// Tasks answers the calls. Its fields are set before Routes and not changed after.
type Tasks struct {
	// Caller decides whether a request is allowed.
	Caller *Caller
	// Load, Notify and Send work until nothing is left to do, for the time d at most.
	// Notify and Send are nil if the service keeps no notifications.
	Load   func(ctx context.Context, d time.Duration) (Loaded, error)
	Notify func(ctx context.Context, d time.Duration) (Notified, error)
	Send   func(ctx context.Context, d time.Duration) (Sent, error)
	// Stopping ends when the service stops. The calls end then, too.
	Stopping context.Context
	Log      *slog.Logger
}

// Routes adds the routes to a front.
func (t *Tasks) Routes(f *front.Front) {
	add(t, f, "load", t.Load)
	add(t, f, "notify", t.Notify)
	add(t, f, "send", t.Send)
}

// add adds the route of a task. A process runs a task once at a time, because a load may
// take much memory; further calls wait for their turn.
func add[T any](t *Tasks, f *front.Front, name string, work func(context.Context, time.Duration) (T, error)) {
	turn := make(chan struct{}, 1)
	handle := func(w http.ResponseWriter, r *http.Request) {
		account, refused := t.Caller.check(r)
		if refused != nil {
			t.Log.Warn("the call of a task is refused", "task", name, "error", refused)
			refused.answer(w)
			return
		}
		d, err := duration(r)
		if err != nil {
			front.Refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		if err := discard(r.Body); err != nil {
			front.Refuse(w, http.StatusRequestEntityTooLarge, "The body is too large, or did not arrive")
			return
		}
		if work == nil {
			front.Refuse(w, http.StatusNotImplemented, "This service keeps no notifications: its database cannot, and the configuration has no spool")
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(t.Stopping, cancel)()
		begin := time.Now()
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-time.After(d):
			tryLater(w, "This task is running already")
			return
		case <-ctx.Done():
			tryLater(w, "The service stops")
			return
		}
		did, err := work(ctx, d-time.Since(begin))
		log := t.Log.With("task", name, "account", account, "did", did, "took", time.Since(begin))
		if err != nil {
			log.Error("a task failed", "error", err)
			tryLater(w, "The task failed; the log of the service has the reason")
			return
		}
		log.Info("a task is done")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(did)
	}
	f.Handle("/tasks/"+name, front.Task, front.Methods{http.MethodPost: handle})
}

// duration returns for how long a call may work.
func duration(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("seconds")
	if text == "" {
		return defaultSeconds * time.Second, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostSeconds {
		return 0, fmt.Errorf("seconds must be a number from 1 to %d", mostSeconds)
	}
	return time.Duration(n) * time.Second, nil
}

// discard reads a body to its end. The front bounds its size.
func discard(body io.Reader) error {
	if body == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, body)
	return err
}

// tryLater refuses a call that may be repeated.
func tryLater(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "10")
	front.Refuse(w, http.StatusServiceUnavailable, why)
}
