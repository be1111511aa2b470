// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// shareOfAddress is which part of all connections one address may have.
const shareOfAddress = 4

// Connections limits the open connections of all listeners of a process. If there are Most,
// further ones wait until one is closed, in the queue of the system. A quarter of them is all
// that one address gets, unless it is a trusted proxy: further ones are closed at once, so
// that one address cannot keep others out.
type Connections struct {
	Most    int
	Proxies []netip.Prefix
	// Refused is called for each connection that is closed at once; may be nil.
	Refused func()

	once sync.Once
	used chan struct{}
	open atomic.Int64

	mu sync.Mutex
	by map[netip.Addr]int
}

// Open returns how many connections are open.
func (c *Connections) Open() int64 { return c.open.Load() }

// Listen returns a listener that accepts the connections of l within the limits.
func (c *Connections) Listen(l net.Listener) net.Listener {
	c.once.Do(func() {
		c.used, c.by = make(chan struct{}, c.Most), map[netip.Addr]int{}
	})
	return &limitedListener{Listener: l, all: c, closed: make(chan struct{})}
}

// enter counts a connection from an address. It returns a function that forgets the
// connection, nil if it must not stay.
func (c *Connections) enter(from netip.Addr) (leave func()) {
	client := network(from)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[client] >= max(c.Most/shareOfAddress, 1) && !trusted(from, c.Proxies) {
		return nil
	}
	c.by[client]++
	c.open.Add(1)
	return sync.OnceFunc(func() { c.leave(client) })
}

// leave forgets a connection of a client.
func (c *Connections) leave(client netip.Addr) {
	c.mu.Lock()
	if c.by[client]--; c.by[client] == 0 {
		delete(c.by, client)
	}
	c.mu.Unlock()
	c.open.Add(-1)
	<-c.used
}

// limitedListener is a listener whose connections are limited.
type limitedListener struct {
	net.Listener
	all    *Connections
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.all.used <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.all.used
			return nil, err
		}
		if leave := l.all.enter(peer(conn.RemoteAddr().String())); leave != nil {
			return &limitedConn{Conn: conn, leave: leave}, nil
		}
		conn.Close()
		if l.all.Refused != nil {
			l.all.Refused()
		}
	}
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// limitedConn is a connection that is counted until it is closed.
type limitedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}
