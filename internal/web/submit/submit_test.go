// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

const emptyReport = `{"version": {"major": 5, "minor": 3}}`

// newReceiver returns a receiver with an embedded queue, of at most so many bytes where
// not 0, and a database in memory.
func newReceiver(t *testing.T, most int64) (*Receiver, http.Handler) {
	t.Helper()
	q, err := jetstream.Config{Dir: t.TempDir(), MaxBytes: most, Logger: slog.New(slog.DiscardHandler)}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := sqlite.OpenMemory("test")
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	d := New(Config{
		Auth: &auth.Checker{}, Queue: q, Store: st, Log: slog.New(slog.DiscardHandler), Now: time.Now, Clock: arrival.NewClock(time.Now),
		Metrics:  NewMetrics(prometheus.NewRegistry()),
		MaxBytes: 1000, MaxObjects: 1000, MaxMemory: 1000, Wait: time.Minute,
	})
	front := front.New(front.Limits{})
	d.Routes(front)
	return d, front
}

func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestMemoryIsBounded(t *testing.T) {
	d, h := newReceiver(t, 0)
	enough := d.Wait
	d.Wait = time.Millisecond
	if err := d.memory.Acquire(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	w := ask(h, "POST", "/submit", emptyReport)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Too many") {
		t.Errorf("memory taken: %d %s", w.Code, w.Body)
	}
	d.memory.Release(1000)
	if err := d.checking.Acquire(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if w := ask(h, "POST", "/submit", emptyReport); w.Code != http.StatusServiceUnavailable {
		t.Errorf("memory for checking taken: %d %s", w.Code, w.Body)
	}
	d.checking.Release(1000)
	d.Wait = enough
	// A receiver releases all memory, whether it accepts a submission or not.
	for _, body := range []string{emptyReport, "nonsense", strings.Repeat(" ", 1001), strings.Repeat(" ", 900) + emptyReport, ""} {
		ask(h, "POST", "/submit", body)
	}
	if !d.memory.TryAcquire(1000) || !d.checking.TryAcquire(1000) || !d.last.TryAcquire(1) {
		t.Error("memory was not given back")
	}
}

// Clients without a valid token do not slow the loader down.
func TestStrangersAreNotInside(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Auth = &auth.Checker{Primary: secret.Fixed("secret")}
	end := startRequest(h, 1000, "{")
	if d.Busy() {
		t.Error("the loader waits for a stranger")
	}
	if w := end("}"); w.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// startRequest is a request that announces a body, and does not end it before it is told
// to.
func startRequest(h http.Handler, announced int64, begin string) (end func(rest string) *httptest.ResponseRecorder) {
	body, sender := io.Pipe()
	r := httptest.NewRequest("POST", "/submit", body)
	r.ContentLength = announced
	w, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(w, r)
	}()
	io.WriteString(sender, begin) // returns when it was read
	return func(rest string) *httptest.ResponseRecorder {
		io.WriteString(sender, rest)
		sender.Close()
		<-done
		return w
	}
}

// A body that is announced takes no memory from others before it arrives, and does not
// slow the loader down.
func TestSendersThatDawdle(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.MaxMemory, d.MaxBytes = 10*firstRead, 10*firstRead
	d.memory, d.checking = newMemory(d.MaxMemory), newMemory(d.MaxMemory)
	var ends []func(string) *httptest.ResponseRecorder
	for range 9 {
		ends = append(ends, startRequest(h, d.MaxBytes, "{"))
	}
	if d.Busy() {
		t.Error("the loader waits for senders that dawdle")
	}
	if w := ask(h, "POST", "/submit", emptyReport); w.Code != http.StatusOK {
		t.Errorf("a small report extra them: %d %s", w.Code, w.Body)
	}
	// The memory is too small for all submissions together, and yet each is accepted.
	whole := strings.Repeat(" ", 2*firstRead) + emptyReport[1:]
	for i, end := range ends {
		if w := end(whole + strings.Repeat(" ", int(d.MaxBytes)-1-len(whole))); w.Code != http.StatusOK {
			t.Errorf("sender %d: %d %s", i, w.Code, w.Body)
		}
	}
	if !d.memory.TryAcquire(d.MaxMemory) || !d.last.TryAcquire(1) {
		t.Error("memory was not given back")
	}
}

func TestPartsFail(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Queue.Close()
	for _, test := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"POST", "/submit", emptyReport, 503, `{"id":"0","status":"error","message":"The queue does not answer, try again later"}`},
		{"GET", "/status?id=x", "", 500, `{"id":"0","status":"error","message":"Internal server error"}`},
	} {
		if w := ask(h, test.method, test.path, test.body); w.Code != test.code || w.Body.String() != test.want {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.path, w.Code, w.Body, test.code, test.want)
		}
	}
}

func TestQueueIsFull(t *testing.T) {
	_, h := newReceiver(t, 10_000)
	for range 100 {
		w := ask(h, "POST", "/submit", emptyReport)
		if w.Code == http.StatusOK {
			continue
		}
		if w.Code != http.StatusInsufficientStorage || w.Header().Get("Retry-After") == "" ||
			w.Body.String() != `{"id":"0","status":"error","message":"No space left for submissions, try again later"}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return
	}
	t.Error("the queue does not get full")
}

// TestStatuses follows submissions through all their states.
func TestStatuses(t *testing.T) {
	d, h := newReceiver(t, 0)
	ctx := t.Context()
	status := func(id string) string { return ask(h, "GET", "/status?id="+id, "").Body.String() }
	is := func(id, want string) {
		t.Helper()
		if got := status(id); !strings.HasPrefix(got, `{"id":"`+id+`","status":`+want) {
			t.Errorf("status of %s: %s, want %s", id, got, want)
		}
	}
	is("a", `"notfound","message":"File not found"}`)
	if err := d.Queue.Publish(ctx, queue.Message{ID: "a", Origin: "ci", Data: []byte(emptyReport)}); err != nil {
		t.Fatal(err)
	}
	is("a", `"ready","message":"File waiting for processing"}`)

	// The loader gave it up, with a receipt, and an administrator restored it.
	refuse(t, ctx, d.Queue, "too often")
	is("a", `"failed","message":"File failed to pass validation","origin":"ci",`)
	if got := status("a"); !strings.Contains(got, `"reason":"too often"`) {
		t.Errorf("no reason: %s", got)
	}
	// The loader gave it up, with a receipt, and an administrator restored it.
	receipt := store.Receipt{ID: "a", Origin: "ci", Token: "0123", Received: time.Unix(1, 0), Finished: time.Unix(2, 0), Bytes: 3, Objects: 4, Failure: "no good"}
	if err := d.Store.SaveReceipts(ctx, []store.Receipt{receipt}); err != nil {
		t.Fatal(err)
	}
	const told = `"origin":"ci","token":"0123","received":"1970-01-01T00:00:01Z","finished":"1970-01-01T00:00:02Z","bytes":3,"objects":4`
	is("a", `"failed","message":"File failed to pass validation",`+told+`,"reason":"no good"}`)
	if err := d.Queue.Restore(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	is("a", `"ready",`)

	receipt.ID, receipt.Failure = "b", ""
	if err := d.Store.SaveReceipts(ctx, []store.Receipt{receipt}); err != nil {
		t.Fatal(err)
	}
	is("b", `"processed","message":"File archived",`+told+`}`)
}

// refuse gives up the next message of the queue.
func refuse(t *testing.T, ctx context.Context, q queue.Queue, reason string) {
	t.Helper()
	deliveries, err := q.Pull(ctx, queue.Limits{Messages: 1}, time.Minute)
	if err != nil || len(deliveries) != 1 {
		t.Fatalf("pulled %d, %v", len(deliveries), err)
	}
	if err := deliveries[0].Refuse(ctx, reason, true); err != nil {
		t.Fatal(err)
	}
}

func TestLabel(t *testing.T) {
	for origin, want := range map[string]string{
		"maestro": "maestro", "Red Hat": "red_hat", "--a..B--": "a_b", "": "", "é": "", "x1é2": "x1_2",
	} {
		if got := label(origin); got != want {
			t.Errorf("label(%q) = %q, want %q", origin, got, want)
		}
	}
}

// TestReceived gives each submission a time of its own, later than the one before,
// while the machine's clock stands still and steps back.
func TestReceived(t *testing.T) {
	d, h := newReceiver(t, 0)
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	d.Clock = arrival.NewClock(func() time.Time { return now })
	for _, step := range []time.Duration{0, 0, -time.Hour, 0} {
		now = now.Add(step)
		if w := ask(h, "POST", "/submit", emptyReport); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	var last time.Time
	for n := 0; n < 4; {
		got, err := d.Queue.Pull(t.Context(), queue.Limits{}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, delivery := range got {
			received := delivery.Message().Received
			if n > 0 && received.Sub(last) != time.Microsecond {
				t.Errorf("%v follows %v", received, last)
			}
			last = received
			n++
		}
	}
}
