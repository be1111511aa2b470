// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/testing/address"
)

const key = secret.Text("hunter2")

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func clock() time.Time { return now }

func TestSend(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	s := webhook.Sender{Client: server.Client(), Now: clock}
	hook := webhook.Hook{Name: "lab", URL: server.URL + "/in?x=y", Secret: key}
	if err := s.Send(t.Context(), hook, "n-17", []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL.RequestURI() != "/in?x=y" || string(body) != `{"a":1}` {
		t.Errorf("%s %s %s", got.Method, got.URL, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-KCIDB-Delivery": "n-17", "X-KCIDB-Timestamp": "1772600767",
	} {
		if got := got.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !webhook.Verify(key, got.Header.Get("X-KCIDB-Timestamp"), got.Header.Get("X-KCIDB-Signature-256"), body) {
		t.Error("the signature is not right")
	}
}

func TestVerify(t *testing.T) {
	// printf '1700000000.{}' | openssl dgst -sha256 -hmac hunter2
	const signature = "sha256=ff2f975170d2a2ea3d6177dad44d002ac729fec15c2e1053dc096496e07f8401"
	for name, c := range map[string]struct {
		secret               secret.Text
		timestamp, signature string
		body                 string
		want                 bool
	}{
		"right":           {key, "1700000000", signature, "{}", true},
		"other secret":    {"hunter3", "1700000000", signature, "{}", false},
		"no secret":       {"", "1700000000", signature, "{}", false},
		"other timestamp": {key, "1700000001", signature, "{}", false},
		"other body":      {key, "1700000000", signature, "{ }", false},
		"no signature":    {key, "1700000000", "", "{}", false},
		"without method":  {key, "1700000000", strings.TrimPrefix(signature, "sha256="), "{}", false},
	} {
		if got := webhook.Verify(c.secret, c.timestamp, c.signature, []byte(c.body)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUnsigned(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, is := r.Header["X-Kcidb-Signature-256"]; is {
			t.Error("signed without a secret")
		}
	}))
	defer server.Close()
	if err := new(webhook.Sender).Send(t.Context(), webhook.Hook{URL: server.URL}, "1", nil); err != nil {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status    int
		after     string
		permanent bool
		wait      time.Duration
	}{
		{status: 400, permanent: true},
		{status: 401, permanent: true},
		{status: 404, permanent: true, after: "10"},
		{status: 410, permanent: true},
		{status: 408},
		{status: 425},
		{status: 429, after: "120", wait: 2 * time.Minute},
		{status: 429, after: now.Add(time.Minute).Format(http.TimeFormat), wait: time.Minute},
		{status: 429, after: now.Add(-time.Minute).Format(http.TimeFormat)},
		{status: 429, after: "-5"},
		{status: 429, after: "soon"},
		{status: 503, after: "99999999", wait: 24 * time.Hour},
		{status: 500},
		{status: 302},
		{status: 308},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.after), func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				w.Header().Set("Retry-After", c.after)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, "no\r\n\x1b[31m \u202e %s %s", r.URL.RequestURI(), key)
			}))
			defer server.Close()
			hook := webhook.Hook{Name: "lab", URL: strings.Replace(server.URL, "://", "://user:pass@", 1) + "/T0KEN?k=v", Secret: key}
			err := (&webhook.Sender{Now: clock}).Send(t.Context(), hook, "1", []byte("{}"))
			e, is := errors.AsType[*webhook.Error](err)
			if !is || e.Status != c.status || e.Permanent() != c.permanent || e.RetryAfter() != c.wait || requests != 1 {
				t.Fatalf("%+v after %d requests", err, requests)
			}
			if !strings.Contains(err.Error(), "no \uFFFD[31m \uFFFD (secret) (secret)") {
				t.Error(err)
			}
			clean(t, err)
		})
	}
}

// clean fails where the error shows what it must not.
func clean(t *testing.T, err error) {
	t.Helper()
	for _, word := range []string{"user", "pass", "T0KEN", "k=v", string(key), "\n", "\x1b"} {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%q shows %q", err, word)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	defer strange.Close()
	for name, c := range map[string]struct{ url, want string }{
		"down":                {"http://" + address.Reserve(t), "refused"},
		"unknown certificate": {strange.URL, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			noAnswer(t, &webhook.Sender{Timeout: time.Minute}, c.url, c.want)
		})
	}
}

// TestSilent: a hook that takes the connection and never answers gets some time.
func TestSilent(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: 30 * time.Second, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			silent := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				go io.Copy(io.Discard, far)
				return near, nil
			}}
			begin := time.Now()
			noAnswer(t, &webhook.Sender{Client: &http.Client{Transport: silent}, Timeout: timeout}, "http://localhost", "deadline exceeded")
			if took := time.Since(begin); took != want {
				t.Errorf("waited for %v, want %v", took, want)
			}
		})
	}
}

// noAnswer sends to a URL that does not answer, and checks the error.
func noAnswer(t *testing.T, s *webhook.Sender, url, want string) {
	t.Helper()
	hook := webhook.Hook{Name: "lab", URL: strings.Replace(url, "://", "://user:pass@", 1) + "/T0KEN?k=v", Secret: key}
	err := s.Send(t.Context(), hook, "1", nil)
	e, is := errors.AsType[*webhook.Error](err)
	if !is || e.Permanent() || e.Status != 0 || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want one with %q to try again", err, want)
	}
	clean(t, err)
}

// TestEndlessAnswer: a hook that never stops talking has taken the delivery.
func TestEndlessAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := (&webhook.Sender{Timeout: time.Hour}).Send(ctx, webhook.Hook{URL: server.URL}, "1", nil); err != nil {
		t.Error(err)
	}
	if ctx.Err() != nil {
		t.Error("the answer was read as long as there was time")
	}
}

func TestCheckURL(t *testing.T) {
	for _, url := range []string{
		"https://example.org/x?y", "https://user:pass@example.org", "http://localhost:1", "http://127.0.0.1", "http://[::1]:80/x", "https://10.0.0.1",
	} {
		if err := webhook.CheckURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for url, want := range map[string]string{
		"":                               "https://",
		"example.org/T0KEN":              "https://",
		"http://user:pass@example.org":   "https://",
		"http://10.0.0.1":                "https://",
		"http://localhost.example.org":   "https://",
		"ftp://localhost":                "https://",
		"https://":                       "no host",
		"https://example.org/#T0KEN":     "has a #",
		"https://user:pass@x:y":          "not a URL",
		"https://169.254.169.254/":       "not allowed for hooks",
		"https://[fe80::1]/":             "not allowed for hooks",
		"https://[::ffff:169.254.1.1]/":  "not allowed for hooks",
		"https://[64:ff9b::a9fe:a9fe]/":  "not allowed for hooks",
		"https://[fd00:ec2::254]/latest": "not allowed for hooks",
		"https://0.0.0.0/":               "not allowed for hooks",
	} {
		err := webhook.CheckURL(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", url, err, want)
			continue
		}
		clean(t, err)
		if err := new(webhook.Sender).Send(t.Context(), webhook.Hook{URL: url}, "1", nil); !permanent(err) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func permanent(err error) bool {
	p, is := errors.AsType[interface {
		error
		Permanent() bool
	}](err)
	return is && p.Permanent()
}

// TestGuardAtDial: a name that resolves to a forbidden address is refused when the
// client connects.
func TestGuardAtDial(t *testing.T) {
	client := webhook.NewClient()
	for _, url := range []string{"https://169.254.169.254/", "http://10.255.255.1/", "https://[fe80::1%25lo]/"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(request); err == nil || !strings.Contains(err.Error(), "not allowed for hooks") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestBadID(t *testing.T) {
	for _, id := range []string{"", "a\r\nX: y", "é", strings.Repeat("x", 201)} {
		if err := new(webhook.Sender).Send(t.Context(), webhook.Hook{URL: "http://127.0.0.1:1"}, id, nil); !permanent(err) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestHookShowsItsNameOnly(t *testing.T) {
	hook := webhook.Hook{Name: "lab", URL: "https://user:pass@x/T0KEN", Secret: key}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		clean(t, fmt.Errorf(format, hook))
	}
}
