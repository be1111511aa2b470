// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// attack is what many hostile clients do at a time.
type attack struct {
	about   string
	clients int
	// once is what a client does again and again.
	once func(a *attacker, ctx context.Context)
}

var attacks = map[string]attack{
	"slow":      {"500 that send a byte a second", 500, (*attacker).sendSlowly},
	"announce":  {"1,000 that announce 512 MB and send none", 1000, (*attacker).announce},
	"huge":      {"8 that send 64 MB reports", 8, (*attacker).sendHuge},
	"bombs":     {"8 that send 60 MB as 60 kB of gzip", 8, (*attacker).sendBomb},
	"malformed": {"32 that send malformed reports", 32, (*attacker).sendMalformed},
	"crowd":     {"1,000 at once that submit", 1000, (*attacker).sendSmall},
	"pages":     {"64 that ask for pages", 64, (*attacker).askPages},
	"readers":   {"200 that ask and do not read", 200, (*attacker).askAndNotRead},
}

func attackNames() []string { return slices.Sorted(maps.Keys(attacks)) }

// RunAttack attacks the service at an address HOST:PORT until ctx ends.
func RunAttack(ctx context.Context, name, address string) error {
	a, known := attacks[name]
	if !known {
		return fmt.Errorf("there is no attack %q", name)
	}
	with := &attacker{address: address, client: clientFrom(hostileAddress)}
	with.client.Timeout = time.Minute
	with.client.Transport.(*http.Transport).MaxIdleConnsPerHost = a.clients
	var attacking sync.WaitGroup
	for range a.clients {
		attacking.Go(func() {
			for ctx.Err() == nil {
				a.once(with, ctx)
			}
		})
	}
	attacking.Wait()
	return nil
}

// attacker is the hostile clients of an attack.
type attacker struct {
	address string
	client  *http.Client
	huge    sync.Once
	report  []byte // what sendHuge sends
	bomb    sync.Once
	packed  bytes.Buffer // what sendBomb sends
}

const (
	hugeSize   = 64 << 20
	crowdPause = time.Second // between two reports of a client in a crowd
)

// dial opens a connection that ends with ctx.
func (a *attacker) dial(ctx context.Context, f func(net.Conn)) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(hostileAddress)}}
	conn, err := dialer.DialContext(ctx, "tcp", a.address)
	if err != nil {
		pause(ctx, time.Second)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	f(conn)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (a *attacker) post(ctx context.Context, encoding string, body []byte) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.address+"/submit", bytes.NewReader(body))
	if err != nil {
		panic(err) // the address is one of this machine
	}
	if encoding != "" {
		req.Header.Set("Content-Encoding", encoding)
	}
	a.do(req)
}

func (a *attacker) do(req *http.Request) {
	resp, err := a.client.Do(req)
	if err != nil {
		pause(req.Context(), 100*time.Millisecond)
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
}

func (a *attacker) sendSlowly(ctx context.Context) {
	a.dial(ctx, func(conn net.Conn) {
		fmt.Fprintf(conn, "POST /submit HTTP/1.1\r\nHost: %s\r\nContent-Length: 1000000\r\n\r\n", a.address)
		for ctx.Err() == nil {
			if _, err := conn.Write([]byte(" ")); err != nil {
				return
			}
			pause(ctx, time.Second)
		}
	})
}

func (a *attacker) announce(ctx context.Context) {
	a.dial(ctx, func(conn net.Conn) {
		fmt.Fprintf(conn, "POST /submit HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n{", a.address, 512<<20)
		_, _ = io.Copy(io.Discard, conn) // until the service has had enough
	})
}

// hugeReport returns a report of hugeSize bytes that ends too early, and so is refused. A report
// with a faulty object would be loaded without the object.
func (a *attacker) hugeReport() []byte {
	a.huge.Do(func() {
		const test = `{"id":"ci:1","origin":"ci","build_id":"ci:1","comment":"no comment"},`
		a.report = []byte(`{"version":{"major":5,"minor":3},"tests":[` + strings.Repeat(test, hugeSize/len(test)) + `{`)
	})
	return a.report
}

func (a *attacker) sendHuge(ctx context.Context) { a.post(ctx, "", a.hugeReport()) }

func (a *attacker) sendBomb(ctx context.Context) {
	a.bomb.Do(func() {
		w := gzip.NewWriter(&a.packed)
		_, _ = w.Write(a.hugeReport()) // a buffer takes all
		_ = w.Close()
	})
	a.post(ctx, "gzip", a.packed.Bytes())
}

func (a *attacker) sendMalformed(ctx context.Context) {
	for _, text := range []string{
		"", "{", `{"version":{"major":5,"minor":3},"tests":[{}]}`, strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 20_000),
		`{"version":{"major":5,"minor":3},"tests":[` + strings.Repeat("{},", 1000) + `{}]}`,
	} {
		a.post(ctx, "", []byte(text))
	}
}

func (a *attacker) sendSmall(ctx context.Context) {
	a.post(ctx, "", []byte(`{"version":{"major":5,"minor":3},"checkouts":[{"id":"crowd:1","origin":"crowd"}]}`))
	pause(ctx, crowdPause)
}

func (a *attacker) askPages(ctx context.Context) {
	for _, path := range []string{"/", "/search?q=boot", "/statistics", "/hardware", "/origins", "/issues", "/labs"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address+path, nil)
		if err != nil {
			panic(err) // the address is one of this machine
		}
		a.do(req)
	}
}

func (a *attacker) askAndNotRead(ctx context.Context) {
	a.dial(ctx, func(conn net.Conn) {
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		fmt.Fprintf(conn, "GET /statistics HTTP/1.1\r\nHost: %s\r\n\r\n", a.address)
		pause(ctx, 10*time.Second)
	})
}
