// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxClients is how many clients have a bucket of their own. All further clients share one
// bucket.
const maxClients = 1 << 16

// Rates limits how often each client, such as an address, may do something, by a bucket of
// marks. Each time takes a mark, and the bucket fills up again with time.
type Rates[K comparable] struct {
	perSecond, burst float64

	mu      sync.Mutex
	clients map[K]bucket
	others  bucket
	swept   time.Time
}

type bucket struct {
	marks float64
	at    time.Time
}

// NewRates returns rates of so many times per second, and of burst times at once after a
// pause.
func NewRates[K comparable](perSecond float64, burst int) *Rates[K] {
	return &Rates[K]{perSecond: perSecond, burst: max(float64(burst), 1), clients: make(map[K]bucket)}
}

// Take takes a mark of a client and returns 0. If the bucket is empty, it returns how long
// the client has to wait.
func (r *Rates[K]) Take(client K, now time.Time) (wait time.Duration) {
	r.change(client, now, func(b *bucket) {
		if b.marks < 1 {
			wait = r.until(1 - b.marks)
			return
		}
		b.marks--
	})
	return wait
}

// Charge takes marks of a client, also more than its bucket has: for something whose cost is
// known afterwards. Owes says how long the client has to wait then.
func (r *Rates[K]) Charge(client K, marks float64, now time.Time) {
	r.change(client, now, func(b *bucket) { b.marks -= marks })
}

// Owes returns how long a client has to wait until its bucket has what was charged, and takes
// nothing.
func (r *Rates[K]) Owes(client K, now time.Time) (wait time.Duration) {
	r.change(client, now, func(b *bucket) { wait = r.until(max(-b.marks, 0)) })
	return wait
}

// change fills the bucket of a client, and changes it.
func (r *Rates[K]) change(client K, now time.Time, f func(*bucket)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.clients[client]
	if !known && len(r.clients) >= maxClients {
		r.sweep(now)
	}
	if !known && len(r.clients) >= maxClients {
		r.fill(&r.others, now)
		f(&r.others)
		return
	}
	r.fill(&b, now)
	f(&b)
	if b.marks < r.burst { // otherwise it is like a new one
		r.clients[client] = b
	}
}

// until returns how long a bucket takes to get so many marks.
func (r *Rates[K]) until(marks float64) time.Duration {
	return time.Duration(marks / r.perSecond * float64(time.Second))
}

func (r *Rates[K]) fill(b *bucket, now time.Time) {
	if b.at.IsZero() {
		b.marks = r.burst
	} else {
		b.marks = min(r.burst, b.marks+now.Sub(b.at).Seconds()*r.perSecond)
	}
	b.at = now
}

// sweep forgets the clients whose bucket is full again. It does so at most once a
// second.
func (r *Rates[K]) sweep(now time.Time) {
	if now.Sub(r.swept) < time.Second {
		return
	}
	r.swept = now
	for client, b := range r.clients {
		if r.fill(&b, now); b.marks == r.burst {
			delete(r.clients, client)
		}
	}
}

// Client returns the address that sent a request, which proxies of the configuration may name.
func (f *Front) Client(r *http.Request) netip.Addr { return client(r, f.limits.Proxies) }

// client returns the address that sent a request. If trusted proxies sent it, it
// is the address that they name. For IPv6 it is the network of 64 bits, because one
// client may have all addresses of such a network.
func client(r *http.Request, proxies []netip.Prefix) netip.Addr {
	addr := peer(r.RemoteAddr)
	if len(proxies) > 0 {
		through := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(through) - 1; i >= 0 && trusted(addr, proxies); i-- {
			named, err := netip.ParseAddr(strings.TrimSpace(through[i]))
			if err != nil {
				break
			}
			addr = named.Unmap()
		}
	}
	return network(addr)
}

// peer returns the address of the other end of a connection, from IP:PORT.
func peer(remote string) netip.Addr {
	p, _ := netip.ParseAddrPort(remote)
	return p.Addr().Unmap()
}

// trusted reports whether an address is of a trusted proxy.
func trusted(addr netip.Addr, proxies []netip.Prefix) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
}

// network returns an IPv4 address, or the network of 64 bits of an IPv6 address.
func network(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		network, _ := addr.WithZone("").Prefix(64)
		return network.Addr()
	}
	return addr
}
