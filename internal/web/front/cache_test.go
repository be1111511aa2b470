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

// counting returns a front with a handler that counts how often it is asked for an
// answer of a size, and waits for a channel where there is one.
func counting(limits Limits, wait chan struct{}) (*Front, *atomic.Int64) {
	front := NewFront(limits)
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

func request(a http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

// Answers of all sizes arrive as they are, compressed or not, kept or not; those
// that fit have a length and a tag, the tag being of what was sent.
func TestAnswers(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		a, _ := counting(Limits{Keep: keep}, nil)
		tags := make(map[string]bool)
		for _, size := range []int{0, 10, 2000, maxWhole - 110, maxWhole + 100, 3 * maxWhole} {
			for _, coding := range []string{"", "gzip", "zstd"} {
				path := fmt.Sprint("/sized?size=", size)
				want := ofSize(size)
				for range 2 {
					w := request(a, "GET", path, "Accept-Encoding", coding)
					got, tag := w.Header().Get("Content-Encoding"), w.Header().Get("ETag")
					if due := coding; len(want) < worthwhile && got != "" || len(want) >= worthwhile && got != due {
						t.Errorf("%s as %q: sent as %q", path, coding, got)
					}
					if w.Code != 200 || expand(t, got, w.Body.Bytes()) != want {
						t.Errorf("%s as %q: %d, %d bytes", path, coding, w.Code, w.Body.Len())
					}
					if fits := len(want) <= maxWhole; (tag != "") != fits || (w.Header().Get("Content-Length") != "") != fits {
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
						w := request(a, "GET", path, "Accept-Encoding", coding, "If-None-Match", header)
						if w.Code != code || (w.Body.Len() == 0) != (code == 304) || w.Header().Get("ETag") != tag {
							t.Errorf("%s, If-None-Match %s: %d %v", path, header, w.Code, w.Header())
						}
					}
				}
			}
		}
		// Two sizes are sent as they are, whatever is accepted, and two in three codings.
		if len(tags) != 2+2*3 {
			t.Errorf("%d tags", len(tags))
		}
	}
}

// HEAD tells what GET would, and does not have all made that would be sent.
func TestHead(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		a, _ := counting(Limits{Keep: keep}, nil)
		for _, path := range []string{"/sized?size=10", "/sized?size=100000", "/sized?size=100000000000"} {
			w := request(a, "HEAD", path)
			if w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
			if strings.HasSuffix(path, "00000000000") {
				continue
			}
			if got := request(a, "GET", path).Header(); got.Get("ETag") != w.Header().Get("ETag") || got.Get("Content-Length") != w.Header().Get("Content-Length") {
				t.Errorf("%s: %v, and of GET %v", path, w.Header(), got)
			}
		}
	}
}

// Those who ask for the same at a time get one answer.
func TestSharedAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := make(chan struct{})
		a, asked := counting(Limits{Keep: time.Hour, AtOnce: 1}, wait)
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				w := request(a, "GET", []string{"/sized?size=100&x=1", "/sized?x=1&size=100"}[i%2])
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
			if request(a, "GET", path); asked.Load() == before {
				t.Errorf("%s has the answer of another", path)
			}
		}
	})
}

// What pages do not look at makes no other answer of theirs.
func TestPagesHaveNoParameters(t *testing.T) {
	for k := range Submission {
		asked := 0
		front := oneOfEach(Limits{Keep: time.Hour}, func(http.ResponseWriter, *http.Request) { asked++ })
		for n := range 3 {
			request(front, "GET", fmt.Sprintf("/%d?n=%d", k, n))
		}
		if want := map[bool]int{true: 1, false: 3}[k == Page]; asked != want {
			t.Errorf("kind %d was asked %d times, want %d", k, asked, want)
		}
	}
}

// A client that goes away takes nobody else's answer along.
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
			if w := request(a, "GET", "/sized?size=100"); w.Code != 200 || w.Body.String() != ofSize(100) {
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

// Errors are not kept. What was not finished is an error where nothing of it was
// sent, and else breaks.
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
			w := request(a, "GET", "/sized?"+tt.query)
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
	request(a, "GET", fmt.Sprint("/sized?fail=1&size=", 2*maxWhole))
}

// Those who say who they are have answers of their own.
func TestAnswersOfSenders(t *testing.T) {
	a, asked := counting(Limits{Keep: time.Hour}, nil)
	for range 2 {
		if w := request(a, "GET", "/sized", "Authorization", "Bearer x"); w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("others may keep it: %v", w.Header())
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// What a sender asks changes while it waits, so each time is answered anew.
func TestErrandsAreNotKept(t *testing.T) {
	front := NewFront(Limits{Keep: time.Hour})
	asked := 0
	front.Handle("/status", Errand, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked++ }))
	for range 2 {
		request(front, "GET", "/status")
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

// A condition of one client is no matter of the others who get its answer, nor is
// its method.
func TestConditionsAreOfOne(t *testing.T) {
	a, _ := counting(Limits{Keep: time.Hour}, nil)
	tag := request(a, "HEAD", "/sized?size=100").Header().Get("ETag")
	if w := request(a, "GET", "/sized?size=100", "If-None-Match", tag); w.Code != 304 {
		t.Error(w.Code)
	}
	for _, headers := range [][]string{nil, {"If-None-Match", tag}, {"Range", "bytes=1-2"}, {"If-Modified-Since", "Mon, 02 Jan 2034 15:04:05 GMT"}} {
		front := NewFront(Limits{Keep: time.Hour})
		front.Handle("/file", Page, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
		}))
		request(front, "HEAD", "/file", headers...)
		if w := request(front, "GET", "/file"); w.Code != 200 || w.Body.String() != "0123456789" {
			t.Errorf("after %q: %d %s", headers, w.Code, w.Body)
		}
	}
}

// What is kept is forgotten in time, and does not take more than its room.
func TestKeptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, asked := counting(Limits{Keep: 20 * time.Millisecond}, nil)
		request(a, "GET", "/sized")
		time.Sleep(21 * time.Millisecond) // which takes no time here
		if request(a, "GET", "/sized"); asked.Load() != 2 {
			t.Error("an old answer")
		}
		c := newCache(time.Hour)
		for n := range 1000 {
			c.answer(t.Context(), fmt.Sprint(n), c.keep, func(func()) *whole { return &whole{status: 200, body: make([]byte, maxWhole)} })
		}
		if c.bytes > maxKept || c.bytes < maxKept/2 || len(c.kept) != c.entries.Len() {
			t.Errorf("%d bytes, %d and %d answers", c.bytes, len(c.kept), c.entries.Len())
		}
		if _, ok := c.kept["999"]; !ok {
			t.Error("the newest answer is not kept")
		}
	})
}

// What is compressed already is sent as it is.
func TestCompressedOnce(t *testing.T) {
	a := NewFront(Limits{})
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
	if w := request(a, "GET", "/log", "Accept-Encoding", "zstd"); !slices.Equal(w.Body.Bytes(), once) || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v", w.Header())
	}
	if w := request(a, "GET", "/raw", "Accept-Encoding", "zstd"); w.Body.String() != ofSize(5000) || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("%v", w.Header())
	}
}
