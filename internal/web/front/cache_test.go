// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// counting returns a front with a handler that counts its calls. The handler answers
// with a number of bytes, and first waits for a channel unless that is nil.
func counting(limits Limits, wait chan struct{}) (*Front, *atomic.Int64) {
	front := New(limits)
	var asked atomic.Int64
	front.HandleBelow("/sized", Question, Methods{"GET": func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if wait != nil {
			select {
			case <-wait:
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Type", "application/json")
		if code := r.FormValue("code"); code != "" {
			n, _ := strconv.Atoi(code)
			w.WriteHeader(n)
		}
		size, _ := strconv.Atoi(r.FormValue("size"))
		io.WriteString(w, "[")
		for n := 0; n < size; n += 10 {
			if _, err := fmt.Fprintf(w, "%9d,", n); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		if r.FormValue("fail") != "" {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "0]")
	}})
	return front, &asked
}

func ofSize(n int) string {
	var b strings.Builder
	b.WriteString("[")
	for i := 0; i < n; i += 10 {
		fmt.Fprintf(&b, "%9d,", i)
	}
	return b.String() + "0]"
}

func fetch(a http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

// Answers of all sizes arrive unchanged, compressed or not, kept or not. Answers that
// are held have a length, and a tag of the bytes that were sent.
func TestAnswers(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		a, _ := counting(Limits{Keep: keep}, nil)
		tags := make(map[string]bool)
		for _, size := range []int{0, 10, 2000, maxHeld - 110, maxHeld + 100, 3 * maxHeld} {
			for _, coding := range []string{"", "gzip", "zstd"} {
				path := fmt.Sprint("/sized?size=", size)
				want := ofSize(size)
				for range 2 {
					w := fetch(a, "GET", path, "Accept-Encoding", coding)
					got, tag := w.Header().Get("Content-Encoding"), w.Header().Get("ETag")
					if due := coding; len(want) < worthwhile && got != "" || len(want) >= worthwhile && got != due {
						t.Errorf("%s as %q: sent as %q", path, coding, got)
					}
					if w.Code != 200 || expand(t, got, w.Body.Bytes()) != want {
						t.Errorf("%s as %q: %d, %d bytes", path, coding, w.Code, w.Body.Len())
					}
					if fits := len(want) <= maxHeld; (tag != "") != fits || (w.Header().Get("Content-Length") != "") != fits {
						t.Errorf("%s: %v", path, w.Header())
					}
					if w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Cache-Control") != freshFor {
						t.Errorf("%s: %v", path, w.Header())
					}
					if tag == "" {
						continue
					}
					tags[tag] = true
					for header, code := range map[string]int{tag: 304, "W/" + tag: 304, `"a", ` + tag: 304, "*": 304, `"a"`: 200, "": 200} {
						w := fetch(a, "GET", path, "Accept-Encoding", coding, "If-None-Match", header)
						if w.Code != code || (w.Body.Len() == 0) != (code == 304) || w.Header().Get("ETag") != tag {
							t.Errorf("%s, If-None-Match %s: %d %v", path, header, w.Code, w.Header())
						}
					}
				}
			}
		}
		// Two sizes are sent uncompressed to all clients, and two in three codings.
		if len(tags) != 2+2*3 {
			t.Errorf("%d tags", len(tags))
		}
	}
}

// A handler may give its answers a tag of its own: weak, for answers that say the same.
func TestOwnTag(t *testing.T) {
	front := New(Limits{})
	said := 0
	front.Handle("/same", Page, Methods{"GET": func(w http.ResponseWriter, _ *http.Request) {
		said++
		w.Header().Set("ETag", `W/"same"`)
		fmt.Fprintf(w, "%d %s", said, strings.Repeat("x", worthwhile))
	}})
	for _, coding := range []string{"", "gzip"} {
		for header, code := range map[string]int{"": 200, `W/"same"`: 304, `"same"`: 304, `W/"other"`: 200} {
			w := fetch(front, "GET", "/same", "Accept-Encoding", coding, "If-None-Match", header)
			if w.Code != code || w.Header().Get("ETag") != `W/"same"` {
				t.Errorf("%q, If-None-Match %s: %d %v", coding, header, w.Code, w.Header())
			}
		}
	}
}

// HEAD has the headers of GET, and the handler stops once these are known.
func TestHead(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		a, _ := counting(Limits{Keep: keep}, nil)
		for _, path := range []string{"/sized?size=10", "/sized?size=100000", "/sized?size=100000000000"} {
			w := fetch(a, "HEAD", path)
			if w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
			if strings.HasSuffix(path, "00000000000") {
				continue
			}
			if got := fetch(a, "GET", path).Header(); got.Get("ETag") != w.Header().Get("ETag") || got.Get("Content-Length") != w.Header().Get("Content-Length") {
				t.Errorf("%s: %v, and of GET %v", path, w.Header(), got)
			}
		}
	}
}

// Clients that ask the same at a time get one answer.
func TestSharedAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := make(chan struct{})
		a, asked := counting(Limits{Keep: time.Hour, AtOnce: 1}, wait)
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				w := fetch(a, "GET", []string{"/sized?size=100&x=1", "/sized?x=1&size=100"}[i%2])
				if w.Code != 200 || w.Body.String() != ofSize(100) {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		synctest.Wait() // for one that asks, and 49 that wait for it
		close(wait)
		group.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		for _, path := range []string{"/sized?size=100&x=2", "/sized?size=110&x=1", "/sized?size=100"} {
			before := asked.Load()
			if fetch(a, "GET", path); asked.Load() == before {
				t.Errorf("%s has the answer of another", path)
			}
		}
	})
}

// Parameters, which files ignore, make no other answer.
func TestFilesHaveNoParameters(t *testing.T) {
	for k := range Submission {
		asked := 0
		front := oneOfEach(Limits{Keep: time.Hour}, func(http.ResponseWriter, *http.Request) { asked++ })
		for n := range 3 {
			fetch(front, "GET", fmt.Sprintf("/%d?n=%d", k, n))
		}
		if want := map[bool]int{true: 1, false: 3}[k == File]; asked != want {
			t.Errorf("kind %d was asked %d times, want %d", k, asked, want)
		}
	}
}

// If a client goes away, the other clients still get their answer.
func TestSharedAnswerOfOneWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := make(chan struct{})
		a, asked := counting(Limits{Keep: time.Hour}, wait)
		ctx, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			a.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/sized?size=100", nil).WithContext(ctx))
		})
		synctest.Wait()
		group.Go(func() {
			if w := fetch(a, "GET", "/sized?size=100"); w.Code != 200 || w.Body.String() != ofSize(100) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times, when the first had gone", n)
		}
		close(wait)
		group.Wait()
	})
}

// Errors are not kept. If an answer cannot be finished, it becomes an error as long as
// no byte was sent; otherwise the connection breaks.
func TestErrorsAreNotKept(t *testing.T) {
	a, asked := counting(Limits{Keep: time.Hour}, nil)
	for _, tt := range []struct {
		query string
		code  int
		asked int64
		cache string
	}{
		{"code=500", 500, 2, "no-store"},
		{"code=503", 503, 2, "no-store"},
		{"fail=1&size=100", 500, 2, "no-store"},
		{"size=100", 200, 1, freshFor},
	} {
		before := asked.Load()
		for range 2 {
			w := fetch(a, "GET", "/sized?"+tt.query)
			if w.Code != tt.code || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("%s: %d %v %s", tt.query, w.Code, w.Header(), w.Body)
			}
		}
		if n := asked.Load() - before; n != tt.asked {
			t.Errorf("%s: asked %d times", tt.query, n)
		}
	}
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler {
			t.Errorf("a large answer that breaks ends by %v", cause)
		}
	}()
	fetch(a, "GET", fmt.Sprint("/sized?fail=1&size=", 2*maxHeld))
}

// Clients with a token have answers of their own.
func TestAnswersOfSenders(t *testing.T) {
	a, asked := counting(Limits{Keep: time.Hour}, nil)
	for range 2 {
		if w := fetch(a, "GET", "/sized", "Authorization", "Bearer x"); w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("others may keep it: %v", w.Header())
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// The state of a submission changes while its sender waits, so that no answer is kept.
func TestReceiptsAreNotKept(t *testing.T) {
	front := New(Limits{Keep: time.Hour})
	asked := 0
	front.Handle("/status", Receipt, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked++ }))
	for range 2 {
		fetch(front, "GET", "/status")
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

// Neither the condition nor the method of one client changes the answer for the others
// that share it.
func TestConditionsAreOfOne(t *testing.T) {
	a, _ := counting(Limits{Keep: time.Hour}, nil)
	tag := fetch(a, "HEAD", "/sized?size=100").Header().Get("ETag")
	if w := fetch(a, "GET", "/sized?size=100", "If-None-Match", tag); w.Code != 304 {
		t.Error(w.Code)
	}
	for _, headers := range [][]string{nil, {"If-None-Match", tag}, {"Range", "bytes=1-2"}, {"If-Modified-Since", "Mon, 02 Jan 2034 15:04:05 GMT"}} {
		front := New(Limits{Keep: time.Hour})
		front.Handle("/file", Page, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
		}))
		fetch(front, "HEAD", "/file", headers...)
		if w := fetch(front, "GET", "/file"); w.Code != 200 || w.Body.String() != "0123456789" {
			t.Errorf("after %q: %d %s", headers, w.Code, w.Body)
		}
	}
}

// Kept answers are forgotten in time, and take at most maxKept bytes.
func TestKeptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, asked := counting(Limits{Keep: 20 * time.Millisecond}, nil)
		fetch(a, "GET", "/sized")
		time.Sleep(21 * time.Millisecond) // which takes no time here
		if fetch(a, "GET", "/sized"); asked.Load() != 2 {
			t.Error("an old answer")
		}
		c := newCache(time.Hour)
		for n := range 1000 {
			c.answer(t.Context(), fmt.Sprint(n), c.keep, func(func()) *response { return &response{status: 200, body: make([]byte, maxHeld)} })
		}
		if c.bytes > maxKept || c.bytes < maxKept/2 || len(c.kept) != c.entries.Len() {
			t.Errorf("%d bytes, %d and %d answers", c.bytes, len(c.kept), c.entries.Len())
		}
		if _, ok := c.kept["999"]; !ok {
			t.Error("the newest answer is not kept")
		}
	})
}

// An answer that the handler compressed is sent unchanged.
func TestCompressedOnce(t *testing.T) {
	a := New(Limits{})
	once := codingGzip.compress([]byte(ofSize(5000)))
	a.Handle("/log", Question, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(once)
	}))
	a.Handle("/raw", Question, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write([]byte(ofSize(5000)))
	}))
	if w := fetch(a, "GET", "/log", "Accept-Encoding", "zstd"); !slices.Equal(w.Body.Bytes(), once) || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v", w.Header())
	}
	if w := fetch(a, "GET", "/raw", "Accept-Encoding", "zstd"); w.Body.String() != ofSize(5000) || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("%v", w.Header())
	}
}
