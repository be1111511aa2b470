// SPDX-License-Identifier: Apache-2.0

package front

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// serveUntilClosed accepts connections of a listener, sends a byte, and closes each when its
// client does.
func serveUntilClosed(t *testing.T, l net.Listener) {
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				conn.Write([]byte{1})
				io.Copy(io.Discard, conn)
				conn.Close()
				conn.Close() // as servers do
			}()
		}
	}()
}

// connectFrom connects to an address from another address of this machine, and reports
// whether it is served within a moment.
func connectFrom(t *testing.T, from, to string, within time.Duration) (conn net.Conn, served bool) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(within))
	_, err = conn.Read(make([]byte, 1))
	return conn, err == nil
}

// TestConnections: an address gets a quarter of the connections, of all listeners together,
// and gets another when it closes one. A trusted proxy gets all.
func TestConnections(t *testing.T) {
	const long = time.Minute
	var refused atomic.Int64
	all := &Connections{Most: 12, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.3/32")}, Refused: func() { refused.Add(1) }}
	var addresses []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		serveUntilClosed(t, all.Listen(l))
		addresses = append(addresses, l.Addr().String())
	}
	var first net.Conn
	for n := range 3 {
		conn, served := connectFrom(t, "127.0.0.1", addresses[n%2], long)
		if first = conn; !served {
			t.Fatalf("connection %d is not served", n)
		}
	}
	if _, served := connectFrom(t, "127.0.0.1", addresses[0], long); served || refused.Load() != 1 {
		t.Errorf("an address gets more than a quarter: served %v, %d refused", served, refused.Load())
	}
	if _, served := connectFrom(t, "127.0.0.2", addresses[0], long); !served {
		t.Error("another address is kept out")
	}
	first.Close()
	eventually.True(t, "the connection is forgotten", func() bool { return all.Open() == 3 })
	if _, served := connectFrom(t, "127.0.0.1", addresses[1], long); !served {
		t.Error("an address that closed a connection does not get another")
	}
	// Two more connections are held by the listeners, which wait.
	for n := range 6 {
		if _, served := connectFrom(t, "127.0.0.3", addresses[n%2], long); !served {
			t.Errorf("connection %d of a proxy is not served", n)
		}
	}
}

// TestConnectionsWait: if all connections are taken, the next waits until one is closed, and
// a listener that waits can be closed.
func TestConnectionsWait(t *testing.T) {
	all := &Connections{Most: 2, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := all.Listen(l)
	serveUntilClosed(t, limited)
	first, served := connectFrom(t, "127.0.0.1", l.Addr().String(), time.Minute)
	if _, second := connectFrom(t, "127.0.0.1", l.Addr().String(), time.Minute); !served || !second {
		t.Fatal("the first connections are not served")
	}
	third, served := connectFrom(t, "127.0.0.1", l.Addr().String(), 50*time.Millisecond)
	if served {
		t.Fatal("more connections than allowed")
	}
	first.Close()
	third.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := third.Read(make([]byte, 1)); err != nil {
		t.Errorf("a connection that waited: %v", err)
	}
	if err := limited.Close(); err != nil {
		t.Error(err)
	}
	if _, err := limited.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener accepts: %v", err)
	}
}
