// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// listening serves a front by a server like the service's, with another time for
// headers, and returns its address. A client on a busy machine may be slow to send
// headers.
func listening(t *testing.T, front http.Handler, headers time.Duration) (server *httptest.Server, address string) {
	t.Helper()
	server = httptest.NewUnstartedServer(nil)
	server.Config = NewServer(front, slog.New(slog.DiscardHandler))
	server.Config.ReadHeaderTimeout = headers
	server.Start()
	t.Cleanup(server.Close)
	return server, server.Listener.Addr().String()
}

// send opens a connection, which ends with the test at the latest, and sends a text.
func send(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Error(err)
	}
	return conn
}

// writeForever writes until a write fails.
func writeForever(w http.ResponseWriter, _ *http.Request) {
	line := []byte(strings.Repeat("x", 1000) + "\n")
	for {
		if _, err := w.Write(line); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// acceptBody reads the body of a request, and answers that it did.
func acceptBody(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusRequestTimeout)
	}
}

// A request that announces a body and never sends it is answered, and its connection is
// closed, whether the handler reads the body or not.
func TestBodyNeverSent(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"read": acceptBody, "not read": respondWith("x")} {
		_, address := listening(t, oneOfEach(Limits{Body: 100 * time.Millisecond}, h), time.Minute)
		var clients sync.WaitGroup
		for k := range kinds {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				for _, body := range []string{"Content-Length: 1000\r\n\r\n", "Content-Length: 1000000000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"} {
					clients.Go(func() {
						conn := send(t, address, fmt.Sprintf("%s /%d HTTP/1.1\r\nHost: localhost\r\n%s", method, k, body))
						answer, err := io.ReadAll(conn)
						// The error about the body names no hosts.
						if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 ") || strings.Contains(string(answer), "127.0.0.1") {
							t.Errorf("%s, %s of kind %d, %q: %q, %v", name, method, k, body, answer, err)
						}
					})
				}
			}
		}
		clients.Wait()
	}
}

// An answer is sent after the time for a body that never arrives, even if the time for
// the answer is shorter.
func TestAnswerAfterTheBodysTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of waiting")
	}
	t.Parallel()
	_, address := listening(t, oneOfEach(Limits{Body: lastWords + time.Second, Time: time.Millisecond}, respondWith("x")), time.Minute)
	var clients sync.WaitGroup
	for k := range kinds {
		clients.Go(func() {
			conn := send(t, address, fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n", k))
			if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 ") {
				t.Errorf("kind %d: %q, %v", k, answer, err)
			}
		})
	}
	clients.Wait()
}

// The same holds for requests that are refused before they reach a handler.
func TestBodyOfRefusedNeverSent(t *testing.T) {
	for name, tt := range map[string]struct {
		limits  Limits
		headers string
		code    string
	}{
		"called by another name": {Limits{Hosts: []string{}}, "Host: evil.example\r\n", "421"},
		"too often":              {Limits{Rate: 0.001, Burst: 1}, "Host: localhost\r\n", "429"},
		"of no path":             {Limits{}, "Host: localhost\r\n", "4"},
		"preflight":              {Limits{Origins: []string{"*"}}, "Host: localhost\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n", "204"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.limits.Body = 100 * time.Millisecond
			_, address := listening(t, oneOfEach(tt.limits, respondWith("x")), time.Minute)
			method, path := "POST", fmt.Sprintf("/%d", Question)
			switch name {
			case "of no path":
				method, path = "OPTIONS", "*"
			case "preflight":
				method = "OPTIONS"
			case "too often":
				answered(t, address, path)
			}
			conn := send(t, address, fmt.Sprintf("%s %s HTTP/1.1\r\n%sContent-Length: 100\r\n\r\n", method, path, tt.headers))
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.code) {
				t.Errorf("%q, %v: want %s", answer, err, tt.code)
			}
		})
	}
}

// Clients that do not read keep no slots, however large their answers are, and only a
// few of them keep the resources of their answers.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	front := New(Limits{AtOnce: 1, Time: time.Second})
	var mu sync.Mutex
	var answers []context.Context
	most := 0
	front.Handle("/endless", Question, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		// An answer that was cut off counts no more, even if its handler has yet to end.
		answers = append(answers, r.Context())
		answers = slices.DeleteFunc(answers, func(ctx context.Context) bool { return ctx.Err() != nil })
		most = max(most, len(answers))
		mu.Unlock()
		writeForever(w, r)
	}))
	front.Handle("/small", Question, respondWith("x"))
	server, address := listening(t, front, time.Minute)
	for range 3 * maxStreams {
		send(t, address, "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	answered(t, address, "/small")
	eventually.True(t, "an endless answer begins", func() bool { mu.Lock(); defer mu.Unlock(); return most > 0 })
	server.Close() // when all answers have ended, which none of them does by itself
	if most > maxStreams+2 {
		t.Errorf("%d answers at a time, with 1 place and %d that may wait", most, maxStreams)
	}
	if n := len(front.slots[Question].used); n > 0 || front.streams.weight > 0 {
		t.Errorf("%d have a place, and %d wait", n, front.streams.weight)
	}
}

// answered requests a path until it is answered. If all slots are in use, or a busy
// machine was too slow for the limits of the server, it tries again.
func answered(t *testing.T, address, path string) {
	t.Helper()
	eventually.Succeeds(t, func() error {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			return err
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			return nil
		case http.StatusServiceUnavailable:
		default:
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
		return fmt.Errorf("%s: %d", path, resp.StatusCode)
	})
}

// A thousand clients that are slow in every way do not keep other clients from being
// answered, and all of them are cut off.
func TestManySlowClients(t *testing.T) {
	t.Parallel()
	each := 200
	if testing.Short() {
		each = 20
	}
	front := oneOfEach(Limits{Time: 3 * time.Second, Body: time.Second}, respondWith("x"))
	front.Handle("/endless", Question, http.HandlerFunc(writeForever))
	front.Handle("/large", Light, http.HandlerFunc(writeForever))
	front.Handle("/takes", Submission, http.HandlerFunc(acceptBody))
	server, address := listening(t, front, time.Second)
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: local",
		"POST /takes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{",
		fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", Page),
		"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		for range each {
			send(t, address, text)
		}
	}
	for k := range kinds {
		answered(t, address, fmt.Sprintf("/%d?good", k))
	}
	server.Close() // when all requests have ended, which none of them does by itself
	for k, slots := range front.slots {
		if len(slots.used) > 0 || slots.waiting.Load() > 0 {
			t.Errorf("%d slots of kind %d are in use, and %d requests wait", len(slots.used), k, slots.waiting.Load())
		}
	}
}

// The stalled answers are limited: the answer that has waited longest is cut off.
func TestStalledAnswers(t *testing.T) {
	s := &stalled{most: 10}
	var cut []int
	all := make([]*stalledAnswer, 6)
	for i := range all {
		all[i] = &stalledAnswer{weight: int64(i), cut: func() { cut = append(cut, i) }}
		s.add(all[i])
	}
	if fmt.Sprint(cut) != "[0 1 2 3]" || s.weight != 9 {
		t.Errorf("%v were cut off, %d is left", cut, s.weight)
	}
	for _, a := range all {
		s.remove(a)
		s.remove(a)
	}
	if s.weight != 0 || s.answers.Len() != 0 {
		t.Errorf("%d, %d after all were removed", s.weight, s.answers.Len())
	}
	ended := &stalledAnswer{weight: 1, done: true}
	if s.add(ended); s.weight != 0 {
		t.Error("an answer that has ended is stalled")
	}
}

// A timer that fires after its write has ended does not release the slot of the next
// write.
func TestLateTimer(t *testing.T) {
	one := newSlots(Question, Limits{AtOnce: 1}.complete())
	s := &stalled{most: 10}
	if !one.take(t.Context()) {
		t.Fatal("no slot")
	}
	w := &slotWriter{slots: one, stalled: s, ctx: t.Context(), held: true, answer: stalledAnswer{weight: 1, cut: func() { t.Error("cut off") }}}
	first := w.beginWrite()
	w.endWrite()
	second := w.beginWrite()
	w.lendSlot(first)
	if !w.held || s.weight != 0 || len(one.used) != 1 {
		t.Errorf("the slot is held: %v, %d stalled, %d slots in use", w.held, s.weight, len(one.used))
	}
	w.lendSlot(second)
	if w.held || s.weight != 1 || len(one.used) != 0 {
		t.Errorf("while a write waits, the slot is held: %v, %d stalled, %d slots in use", w.held, s.weight, len(one.used))
	}
	w.end()
	if s.weight != 0 || len(one.used) != 0 {
		t.Errorf("at the end: %d stalled, %d slots in use", s.weight, len(one.used))
	}
}
