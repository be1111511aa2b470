// SPDX-License-Identifier: Apache-2.0

package front

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// listening serves a front at an address, by a server like that of the service,
// whose clients have a short time for headers.
func listening(t *testing.T, front http.Handler) (server *httptest.Server, address string) {
	t.Helper()
	server = httptest.NewUnstartedServer(nil)
	server.Config = NewServer(front, slog.New(slog.DiscardHandler))
	server.Config.ReadHeaderTimeout = time.Second
	server.Start()
	t.Cleanup(server.Close)
	return server, server.Listener.Addr().String()
}

// send opens a connection and sends a text. The connection ends with the test, at
// the latest.
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

// endless writes until nobody reads.
func endless(w http.ResponseWriter, _ *http.Request) {
	line := []byte(strings.Repeat("x", 1000) + "\n")
	for {
		if _, err := w.Write(line); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// takes reads what is sent, and says so.
func takes(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusRequestTimeout)
	}
}

// A request that announces a body and never sends it is answered, and its
// connection closed, whether its handler reads the body or not.
func TestBodyNeverSent(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"read": takes, "not read": says("x")} {
		_, address := listening(t, oneOfEach(Limits{Body: 100 * time.Millisecond}, h))
		var clients sync.WaitGroup
		for k := range kinds {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				for _, body := range []string{"Content-Length: 1000\r\n\r\n", "Content-Length: 1000000000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"} {
					clients.Go(func() {
						conn := send(t, address, fmt.Sprintf("%s /%d HTTP/1.1\r\nHost: localhost\r\n%s", method, k, body))
						answer, err := io.ReadAll(conn)
						// What is told of the body names no hosts.
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

// An answer is sent after the time for a body that never comes, also where that is
// longer than the time for the answer.
func TestAnswerAfterTheBodysTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of waiting")
	}
	t.Parallel()
	_, address := listening(t, oneOfEach(Limits{Body: lastWords + time.Second, Time: time.Millisecond}, says("x")))
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

// The same holds for requests that are refused before a handler is reached.
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
			_, address := listening(t, oneOfEach(tt.limits, says("x")))
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

// Clients that do not read have no places for long, however large their answers
// are, and few of them wait with what their answers need.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	front := NewFront(Limits{AtOnce: 1, Time: time.Second})
	var now, most atomic.Int64
	front.Handle("/endless", Question, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer now.Add(-1)
		for n := now.Add(1); ; {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		endless(w, r)
	}))
	front.Handle("/small", Question, says("x"))
	server, address := listening(t, front)
	for range 3 * maxStreams {
		send(t, address, "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	answered(t, address, "/small")
	server.Close() // when all answers have ended, which none of them does by itself
	if n := most.Load(); n < 1 || n > maxStreams+2 {
		t.Errorf("%d answers at a time, with 1 place and %d that may wait", n, maxStreams)
	}
	if n := len(front.lanes[Question].places); n > 0 || front.streams.weight > 0 {
		t.Errorf("%d have a place, and %d wait", n, front.streams.weight)
	}
}

// answered asks for a path until it is answered: where all places are taken at the
// moment, a client tries again.
func answered(t *testing.T, address, path string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
		if resp.StatusCode != http.StatusServiceUnavailable || time.Now().After(deadline) {
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
	}
}

// A thousand clients that are slow in every way keep nobody else from being
// answered, and none of them stays.
func TestManySlowClients(t *testing.T) {
	t.Parallel()
	each := 200
	if testing.Short() {
		each = 20
	}
	front := oneOfEach(Limits{Time: 3 * time.Second, Body: time.Second}, says("x"))
	front.Handle("/endless", Question, http.HandlerFunc(endless))
	front.Handle("/large", Light, http.HandlerFunc(endless))
	front.Handle("/takes", Submission, http.HandlerFunc(takes))
	server, address := listening(t, front)
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
	for k, lane := range front.lanes {
		if len(lane.places) > 0 || lane.waiting.Load() > 0 {
			t.Errorf("%d of kind %d have a place, and %d wait for one", len(lane.places), k, lane.waiting.Load())
		}
	}
}

// Whatever waits in a yard is bounded. What has waited for the longest time is
// given up.
func TestYard(t *testing.T) {
	y := &yard{most: 10}
	var cut []int
	all := make([]*waiter, 6)
	for i := range all {
		all[i] = &waiter{weight: int64(i), cut: func() { cut = append(cut, i) }}
		y.enter(all[i])
	}
	if fmt.Sprint(cut) != "[0 1 2 3]" || y.weight != 9 {
		t.Errorf("%v were cut, %d is left", cut, y.weight)
	}
	for _, x := range all {
		y.leave(x)
		y.leave(x)
	}
	if y.weight != 0 || y.waiters.Len() != 0 {
		t.Errorf("%d, %d when all have left", y.weight, y.waiters.Len())
	}
	ended := &waiter{weight: 1, done: true}
	if y.enter(ended); y.weight != 0 {
		t.Error("what has ended waits")
	}
}

// A place that is given up late, when the write that waited has ended, is not that
// of the next write.
func TestLatePark(t *testing.T) {
	l := newLane(Question, Limits{AtOnce: 1}.complete())
	y := &yard{most: 10}
	if !l.enter(t.Context()) {
		t.Fatal("no place")
	}
	p := &place{lane: l, yard: y, ctx: t.Context(), held: true, waiter: waiter{weight: 1, cut: func() { t.Error("cut") }}}
	first := p.begin()
	p.end()
	second := p.begin()
	p.park(first)
	if !p.held || y.weight != 0 || len(l.places) != 1 {
		t.Errorf("the place is held: %v, %d in the yard, %d have places", p.held, y.weight, len(l.places))
	}
	p.park(second)
	if p.held || y.weight != 1 || len(l.places) != 0 {
		t.Errorf("while a write waits, the place is held: %v, %d in the yard, %d have places", p.held, y.weight, len(l.places))
	}
	p.leave()
	if y.weight != 0 || len(l.places) != 0 {
		t.Errorf("in the end %d are in the yard, %d have places", y.weight, len(l.places))
	}
}
