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

// maxClients is how many addresses have a bucket of their own. All further addresses
// share one bucket.
const maxClients = 1 << 16

// rates limits the rate of each address by a bucket of tokens. A request takes a token,
// and the bucket fills up again with time.
type rates struct {
	perSecond, burst float64

	mu      sync.Mutex
	clients map[netip.Addr]bucket
	others  bucket
	swept   time.Time
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newRates(perSecond float64, burst int) *rates {
	return &rates{perSecond: perSecond, burst: max(float64(burst), 1), clients: make(map[netip.Addr]bucket)}
}

// take takes a token of an address and returns 0. If the bucket is empty, it
// returns how long the address has to wait.
func (r *rates) take(client netip.Addr, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.clients[client]
	if !known && len(r.clients) >= maxClients {
		r.sweep(now)
	}
	if !known && len(r.clients) >= maxClients {
		return r.takeFrom(&r.others, now)
	}
	wait := r.takeFrom(&b, now)
	r.clients[client] = b
	return wait
}

func (r *rates) takeFrom(b *bucket, now time.Time) time.Duration {
	r.fill(b, now)
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / r.perSecond * float64(time.Second))
	}
	b.tokens--
	return 0
}

func (r *rates) fill(b *bucket, now time.Time) {
	if b.at.IsZero() {
		b.tokens = r.burst
	} else {
		b.tokens = min(r.burst, b.tokens+now.Sub(b.at).Seconds()*r.perSecond)
	}
	b.at = now
}

// sweep forgets the addresses whose bucket is full again. It does so at most once a
// second.
func (r *rates) sweep(now time.Time) {
	if now.Sub(r.swept) < time.Second {
		return
	}
	r.swept = now
	for client, b := range r.clients {
		if r.fill(&b, now); b.tokens == r.burst {
			delete(r.clients, client)
		}
	}
}

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
