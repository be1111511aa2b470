// SPDX-License-Identifier: Apache-2.0

package kcidb_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/report"
)

const emptyReport = `{"version":{"major":5,"minor":3}}`

// roundTripper stands for the network. A real network does not fail at a given time.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer is an answer of the network: a failure, or a status, a header and a body.
type answer struct {
	err          error
	status       int
	header, body string
}

func (a answer) response() (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	resp := &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body))}
	if name, value, ok := strings.Cut(a.header, ": "); ok {
		resp.Header.Set(name, value)
	}
	return resp, nil
}

// TestRetries checks what is tried again, and when.
func TestRetries(t *testing.T) {
	refused := answer{err: errors.New("connection refused")}
	accepted := answer{nil, 200, "", `{"id":"abc","status":"ok","message":null}`}
	tests := []struct {
		name       string
		answers    []answer
		tries      int // 0 for the default
		id, err    string
		least, max time.Duration
	}{
		{name: "at once", answers: []answer{accepted}, id: "abc"},
		{name: "no connection", answers: []answer{refused, refused, accepted},
			id: "abc", least: 2400 * time.Millisecond, max: 3 * time.Second},
		{name: "unavailable", answers: []answer{{nil, 503, "", ""}, accepted}, id: "abc", least: 800 * time.Millisecond, max: time.Second},
		{name: "told when", answers: []answer{{nil, 429, "Retry-After: 30", ""}, accepted}, id: "abc", least: 30 * time.Second, max: 30 * time.Second},
		{name: "told a date", answers: []answer{{nil, 503, "Retry-After: Sat, 01 Jan 2000 00:01:00 GMT", ""}, accepted},
			id: "abc", least: time.Minute, max: time.Minute},
		{name: "told to wait for long", answers: []answer{{nil, 503, "Retry-After: 99999999999", ""}, accepted},
			id: "abc", least: 5 * time.Minute, max: 5 * time.Minute},
		{name: "full, for now", answers: []answer{{nil, 507, "Retry-After: 60", ""}, accepted}, id: "abc", least: time.Minute, max: time.Minute},
		{name: "full", answers: []answer{{nil, 507, "", `{"id":"0","status":"error","message":"No space"}`}}, err: "507 Insufficient Storage: No space"},
		{name: "never", answers: []answer{{nil, 502, "", "<html>\n"}, {nil, 502, "", "<html>\n"}}, tries: 2, err: "502 Bad Gateway: <html>", max: time.Second},
		{name: "not for a stranger", answers: []answer{{nil, 401, "", `{"id":"0","status":"error","message":"ExpiredSignature"}`}},
			err: "401 Unauthorized: ExpiredSignature"},
		{name: "not for a bad report", answers: []answer{{nil, 400, "", `{"id":"0","status":"error","message":"EOF"}`}}, err: "400 Bad Request: EOF"},
		{name: "moved", answers: []answer{{nil, 301, "Location: https://elsewhere/", ""}}, err: "it has moved to https://elsewhere/"},
		{name: "created", answers: []answer{{nil, 201, "", `{"id":"abc"}`}}, err: "201 Created"},
		{name: "no ID", answers: []answer{{nil, 200, "", `{}`}}, err: "no ID"},
		{name: "no JSON", answers: []answer{{nil, 200, "", `<html>`}}, err: "not the JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				network := roundTripper(func(r *http.Request) (*http.Response, error) {
					body, _ := io.ReadAll(r.Body)
					if string(body) != emptyReport || r.Header.Get("Authorization") != "Bearer token" || r.URL.Path != "/submit" {
						t.Errorf("%s %s, %q, with %q", r.Method, r.URL, r.Header, body)
					}
					sent++
					return tt.answers[sent-1].response()
				})
				options := []kcidb.Option{kcidb.WithHTTPClient(&http.Client{Transport: network})}
				if tt.tries > 0 {
					options = append(options, kcidb.WithTries(tt.tries))
				}
				client, err := kcidb.Connect("https://token@kcidb.example.org/", options...)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				id, err := client.SubmitJSON(t.Context(), []byte(emptyReport))
				if took := time.Since(start); took < tt.least || took > tt.max {
					t.Errorf("took %v, want %v to %v", took, tt.least, tt.max)
				}
				if id != tt.id || (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %q, %v; want %q, %q", id, err, tt.id, tt.err)
				}
				if sent != len(tt.answers) {
					t.Errorf("sent %d times, want %d", sent, len(tt.answers))
				}
			})
		})
	}
}

// TestRetriesEnd checks that waiting for the next try ends with the context.
func TestRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := roundTripper(func(*http.Request) (*http.Response, error) {
			return answer{nil, 503, "Retry-After: 60", ""}.response()
		})
		client, err := kcidb.Connect("http://host", kcidb.WithHTTPClient(&http.Client{Transport: network}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := client.SubmitJSON(ctx, []byte(emptyReport)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
	})
}

// TestRefusedByService checks that the faults a service finds arrive as those
// found here do.
func TestRefusedByService(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"id":"0","status":"error","message":"...",
			"faults":[{"kind":"enum","list":"tests","pointer":"/tests/0/status","expected":"PASS","found":"OK"}],"more":3}`)
	}))
	defer server.Close()
	client, err := kcidb.Connect(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.Submit(t.Context(), &report.Report{})
	invalid, ok := errors.AsType[*report.Error](err)
	if !ok || len(invalid.Faults) != 1 || invalid.Faults[0].Kind != report.KindEnum || invalid.More != 3 {
		t.Errorf("got %v", err)
	}
}

// TestTokenIsNotShown checks that no log and no error has the token in it.
func TestTokenIsNotShown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := strings.Replace(server.URL, "://", "://secret@", 1)
	server.Close() // so that no request is answered
	var log bytes.Buffer
	client, err := kcidb.Connect(address, kcidb.WithTries(2), kcidb.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.SubmitJSON(t.Context(), []byte(emptyReport))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
	if log.Len() == 0 || strings.Contains(log.String(), "secret") {
		t.Errorf("the log is %s", &log)
	}
}

// TestSubmitPartly checks what is sent, and what a service answers.
func TestSubmitPartly(t *testing.T) {
	const (
		good  = `{"id":"ci:1","origin":"ci","checkout_id":"ci:1"}`
		head  = `{"version":{"major":5,"minor":3},"builds":[`
		whole = head + good + `]}`
		part  = head + good + `,{}]}`
		none  = head + `{}]}`
	)
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		io.WriteString(w, `{"id":"abc","status":"ok","message":"...","rejected":1,"repaired":1,
			"faults":[{"kind":"required","list":"builds","pointer":"/builds/1","expected":"a property","found":"none"}],"more":2,
			"repairs":[{"kind":"null","list":"builds","pointer":"/builds/0/comment","text":"left out"}]}`)
	}))
	defer server.Close()
	client, err := kcidb.Connect(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, text := range []string{whole, part} {
		r, err := client.SubmitPartly(t.Context(), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if r.ID != "abc" || r.Rejected != 1 || len(r.Faults) != 1 || r.More != 2 || r.Repaired != 1 || len(r.Repairs) != 1 || r.Repairs[0].Kind != report.RepairNull {
			t.Errorf("got %+v", r)
		}
	}
	if _, err := client.SubmitJSON(t.Context(), []byte(whole)); err != nil {
		t.Error(err)
	}
	if want := []string{"/submit", "/submit", "/submit?strict=1"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	for text, submit := range map[string]func() error{
		none:         func() error { _, err := client.SubmitPartly(t.Context(), []byte(none)); return err },
		part:         func() error { _, err := client.SubmitJSON(t.Context(), []byte(part)); return err },
		part + whole: func() error { _, err := client.SubmitPartly(t.Context(), []byte(part+whole)); return err },
	} {
		if err := submit(); !errors.As(err, new(*report.Error)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if len(asked) != 3 {
		t.Errorf("asked %q", asked)
	}
}
