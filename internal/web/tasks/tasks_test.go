// SPDX-License-Identifier: Apache-2.0

package tasks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/tasks"
	"github.com/kcidb-go/kcidb/internal/web/tasks/taskstest"
)

const (
	audience  = "https://kcidb.example.org"
	scheduler = "scheduler@project.iam.gserviceaccount.com"
)

// newFront returns a front with tasks whose callers are checked by keys from transport.
func newFront(t *testing.T, transport http.RoundTripper, change func(*tasks.Tasks)) *front.Front {
	t.Helper()
	caller, err := tasks.NewCaller(audience, []string{"other@project.iam.gserviceaccount.com", scheduler}, transport)
	if err != nil {
		t.Fatal(err)
	}
	work := &tasks.Tasks{Caller: caller, Stopping: t.Context(), Log: slog.New(slog.DiscardHandler),
		Load: func(context.Context, time.Duration) (tasks.Loaded, error) {
			return tasks.Loaded{Submissions: 3, Objects: 10, Failed: 1}, nil
		},
	}
	if change != nil {
		change(work)
	}
	f := front.New(front.Limits{})
	work.Routes(f)
	return f
}

// call sends a request with a token, "" for none.
func call(f *front.Front, method, path, token string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// TestCallers: only a token that Google signed, with the audience and for an account of
// the configuration, starts a task.
func TestCallers(t *testing.T) {
	signer, stranger := taskstest.NewSigner(t), taskstest.NewSigner(t)
	f := newFront(t, taskstest.Transport(signer.Keys(t)), nil)
	token := func(changes map[string]any) string { return signer.Token(t, audience, scheduler, changes) }
	good := token(nil)
	for _, c := range []struct {
		name, token string
		code        int
		body        string
	}{
		{"good", good, 200, `{"submissions":3,"objects":10,"failed":1}`},
		{"the short issuer", token(map[string]any{"iss": "accounts.google.com"}), 200, "submissions"},
		{"no token", "", 401, "Authorization"},
		{"no JWT", "abc", 401, "not valid"},
		{"a byte of the signature changed", flip(good, len(good)-10), 401, "not valid"},
		{"a byte of the claims changed", flip(good, strings.Index(good, ".")+20), 401, "not valid"},
		{"no signature", good[:strings.LastIndex(good, ".")+1], 401, "not valid"},
		{"checked by Cloud Run", good[:strings.LastIndex(good, ".")] + ".SIGNATURE_REMOVED_BY_GOOGLE", 401, "allow unauthenticated calls"},
		{"the algorithm none", "eyJhbGciOiJub25lIn0" + good[strings.Index(good, "."):strings.LastIndex(good, ".")+1], 401, "not valid"},
		{"the key of a stranger", stranger.Token(t, audience, scheduler, nil), 401, "not valid"},
		{"expired", token(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), 401, "expired"},
		{"no end", token(map[string]any{"exp": nil}), 401, "expired"},
		{"another audience", signer.Token(t, "https://other.example.org", scheduler, nil), 401, "tasks_audience"},
		{"no audience", token(map[string]any{"aud": nil}), 401, "tasks_audience"},
		{"another issuer", token(map[string]any{"iss": "https://cloud.google.com/iap"}), 401, "Google account"},
		{"another account", signer.Token(t, audience, "else@project.iam.gserviceaccount.com", nil), 403, "tasks_accounts"},
		{"no account", token(map[string]any{"email": nil}), 403, "tasks_accounts"},
		{"an account that Google did not verify", token(map[string]any{"email_verified": false}), 403, "tasks_accounts"},
		{"an account that may not be verified", token(map[string]any{"email_verified": nil}), 403, "tasks_accounts"},
	} {
		w := call(f, "POST", "/tasks/load", c.token, strings.NewReader("{}"))
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d %s, want %d %s", c.name, w.Code, w.Body, c.code, c.body)
		}
		if (w.Header().Get("WWW-Authenticate") != "") != (c.code == 401) {
			t.Errorf("%s: %d %v", c.name, w.Code, w.Header())
		}
	}
	if w := call(f, "GET", "/tasks/load", good, nil); w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
}

// flip changes a character of a token.
func flip(token string, at int) string {
	other := "A"
	if token[at] == 'A' {
		other = "B"
	}
	return token[:at] + other + token[at+1:]
}

// failing is a transport without a network.
type failing struct{ status int }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.status == 0 {
		return nil, errors.New("no network")
	}
	return &http.Response{StatusCode: f.status, Status: http.StatusText(f.status), Body: http.NoBody, Request: r}, nil
}

// TestNoKeys: a caller whose token cannot be checked shall try again.
func TestNoKeys(t *testing.T) {
	token := taskstest.NewSigner(t).Token(t, audience, scheduler, nil)
	for _, status := range []int{0, 404, 503} {
		w := call(newFront(t, failing{status}, nil), "POST", "/tasks/load", token, nil)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "googleapis") {
			t.Errorf("%d: %d %v %s", status, w.Code, w.Header(), w.Body)
		}
	}
}

// TestRequests: the seconds are bounded, and any body is ignored.
// In a bubble of synctest no time passes while a request is read.
func TestRequests(t *testing.T) { synctest.Test(t, testRequests) }

func testRequests(t *testing.T) {
	signer := taskstest.NewSigner(t)
	token := signer.Token(t, audience, scheduler, nil)
	var asked time.Duration
	f := newFront(t, taskstest.Transport(signer.Keys(t)), func(work *tasks.Tasks) {
		work.Notify = func(_ context.Context, d time.Duration) (tasks.Notified, error) {
			asked = d
			return tasks.Notified{Changes: 1}, nil
		}
	})
	push := `{"message":{"data":"` + strings.Repeat("YWJj", 3<<20) + `","messageId":"1"},"subscription":"projects/p/subscriptions/s"}`
	for _, c := range []struct {
		name, path, body string
		code             int
		asked            time.Duration
	}{
		{"Scheduler", "/tasks/notify", "{}", 200, 50 * time.Second},
		{"no body", "/tasks/notify?seconds=", "", 200, 50 * time.Second},
		{"Pub/Sub", "/tasks/notify?seconds=540", push, 200, 540 * time.Second},
		{"Eventarc", "/tasks/notify?seconds=1", "\x00\xff", 200, time.Second},
		{"too long", "/tasks/notify?seconds=541", "", 400, 0},
		{"nothing", "/tasks/notify?seconds=0", "", 400, 0},
		{"words", "/tasks/notify?seconds=ten", "", 400, 0},
		{"too large", "/tasks/notify", push + push, 413, 0},
		{"no notifications", "/tasks/send", "", 501, 0},
	} {
		asked = 0
		w := call(f, "POST", c.path, token, strings.NewReader(c.body))
		if w.Code != c.code || asked != c.asked {
			t.Errorf("%s: %d %s for %v, want %d for %v", c.name, w.Code, w.Body, asked, c.code, c.asked)
		}
	}
}

// TestTurns: a process runs a task once at a time. Another call waits for its turn, no
// longer than it may work. Other tasks run meanwhile. When the service stops, calls end.
func TestTurns(t *testing.T) { synctest.Test(t, testTurns) }

func testTurns(t *testing.T) {
	signer := taskstest.NewSigner(t)
	token := signer.Token(t, audience, scheduler, nil)
	running, finish := make(chan bool), make(chan bool)
	stopping, stop := context.WithCancel(t.Context())
	f := newFront(t, taskstest.Transport(signer.Keys(t)), func(work *tasks.Tasks) {
		work.Stopping = stopping
		work.Load = func(ctx context.Context, _ time.Duration) (tasks.Loaded, error) {
			running <- true
			select {
			case <-finish:
				return tasks.Loaded{Submissions: 1}, nil
			case <-ctx.Done():
				return tasks.Loaded{}, ctx.Err()
			}
		}
		work.Send = func(context.Context, time.Duration) (tasks.Sent, error) { return tasks.Sent{Messages: 1}, nil }
	})
	answers := make(chan *httptest.ResponseRecorder, 3)
	start := func(path string) {
		go func() { answers <- call(f, "POST", path, token, nil) }()
	}
	start("/tasks/load?seconds=540")
	<-running
	if w := call(f, "POST", "/tasks/load?seconds=1", token, nil); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a call that gets no turn: %d %s", w.Code, w.Body)
	}
	if w := call(f, "POST", "/tasks/send", token, nil); w.Code != 200 {
		t.Errorf("another task meanwhile: %d %s", w.Code, w.Body)
	}
	start("/tasks/load?seconds=540")
	finish <- true
	<-running
	finish <- true
	for range 2 {
		if w := <-answers; w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	start("/tasks/load?seconds=540")
	<-running
	stop()
	if w := <-answers; w.Code != 503 {
		t.Errorf("when the service stops: %d %s", w.Code, w.Body)
	}
}
