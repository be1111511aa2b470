// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// roundTripper sends the requests of a client.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCheckURLs requires one request for each URL, a bounded number at a time,
// and a problem for each page that does not exist.
func TestCheckURLs(t *testing.T) {
	var asked, inside, most atomic.Int64
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/circle":
			http.Redirect(w, r, "/circle", http.StatusFound)
		case "/get":
			if r.Method != http.MethodGet {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
		case "/silent":
			<-silent
		}
	}))
	defer server.Close()
	defer close(silent)
	var text strings.Builder
	for i, path := range []string{"there", "gone", "moved", "get", "silent", "gone", "circle"} {
		fmt.Fprintf(&text, "t%d: {title: t, home: %s/%s}\n", i, server.URL, path)
	}
	for i := range 20 {
		fmt.Fprintf(&text, "more%d: {title: t, home: %s/?%d}\n", i, server.URL, i)
	}
	text.WriteString("scheme: {title: t, home: nothing://example.org}\n")
	tests, problems := Read([]byte(text.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	// The client counts, because the server handles a silent request longer than the client waits.
	counting := roundTripper(func(r *http.Request) (*http.Response, error) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	client := &http.Client{Timeout: 500 * time.Millisecond, Transport: counting}
	// On a busy machine other hosts may seem silent: then all have more time.
	for silentHosts := 0; silentHosts != 1; {
		client.Timeout *= 2
		asked.Store(0)
		var err error
		if problems, err = CheckURLs(t.Context(), client, tests); err != nil {
			t.Fatal(err)
		}
		silentHosts = 0
		for _, p := range problems {
			if strings.Contains(p.String(), "no answer within") {
				silentHosts++
			}
		}
		if client.Timeout > time.Minute {
			break
		}
	}
	var got []string
	for _, p := range problems {
		got = append(got, strings.ReplaceAll(p.String(), server.URL, "URL"))
	}
	for i, want := range []string{
		`line 2, column 22: test "t1": home URL/gone: answered with 410 Gone`,
		`line 5, column 22: test "t4": home URL/silent: no answer within ` + client.Timeout.String(),
		`line 6, column 22: test "t5": home URL/gone: answered with 410 Gone`,
		`line 7, column 22: test "t6": home URL/circle: stopped after 10 redirects`,
		`line 28, column 26: test "scheme": home nothing://example.org: unsupported protocol scheme "nothing"`,
	} {
		if i >= len(got) || got[i] != want {
			t.Errorf("got %q, want %q", got, want)
			break
		}
	}
	// One request for each URL, and additional ones for redirections, for the second
	// method and for the retry of a silent host.
	if n := asked.Load(); n < 26 || n > 40 {
		t.Errorf("%d requests", n)
	}
	if n := most.Load(); n > maxConcurrent {
		t.Errorf("%d requests at a time, want %d at most", n, maxConcurrent)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := CheckURLs(ctx, client, tests); !errors.Is(err, enough) {
		t.Errorf("cancelled: %v", err)
	}
}
