// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestRates(t *testing.T) {
	now := time.Now()
	r := NewRates[netip.Addr](2, 3)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range 3 {
		if wait := r.Take(a, now); wait != 0 {
			t.Errorf("request %d waits %v", i, wait)
		}
	}
	if wait := r.Take(a, now); wait != time.Second/2 {
		t.Errorf("the fourth waits %v", wait)
	}
	if wait := r.Take(b, now); wait != 0 {
		t.Errorf("another address waits %v", wait)
	}
	now = now.Add(500 * time.Millisecond)
	if wait := r.Take(a, now); wait != 0 {
		t.Errorf("after half a second it waits %v", wait)
	}
	if wait := r.Take(a, now); wait == 0 {
		t.Error("two at once after half a second")
	}
	now = now.Add(time.Hour)
	for range 3 {
		if wait := r.Take(a, now); wait != 0 {
			t.Errorf("after an hour it waits %v", wait)
		}
	}
	if wait := r.Take(a, now); wait == 0 {
		t.Error("an hour is saved up")
	}
}

// A client that was charged more than its bucket has waits until the rest has come.
func TestCharge(t *testing.T) {
	now := time.Now()
	r := NewRates[string](0.5, 2)
	if wait := r.Owes("a", now); wait != 0 || len(r.clients) != 0 {
		t.Errorf("a new client waits %v, %d are known", wait, len(r.clients))
	}
	r.Charge("a", 3, now)
	if wait := r.Owes("a", now); wait != 2*time.Second {
		t.Errorf("after 3 of 2 it waits %v", wait)
	}
	if wait := r.Owes("b", now); wait != 0 {
		t.Errorf("another waits %v", wait)
	}
	now = now.Add(2 * time.Second)
	if wait := r.Owes("a", now); wait != 0 {
		t.Errorf("2 seconds later it waits %v", wait)
	}
}

// At most maxClients addresses are in memory, however many send requests.
func TestRatesOfMany(t *testing.T) {
	now := time.Now()
	r := NewRates[netip.Addr](1, 2)
	address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}) }
	waits := 0
	for n := range maxClients + 100 {
		if r.Take(address(n), now) > 0 {
			waits++
		}
	}
	if len(r.clients) != maxClients || waits != 98 {
		t.Errorf("%d addresses, and %d of 100 others had to wait", len(r.clients), waits)
	}
	now = now.Add(time.Minute)
	if wait := r.Take(address(maxClients+1), now); wait != 0 || len(r.clients) != 1 {
		t.Errorf("a minute later: %v, %d addresses", wait, len(r.clients))
	}
}

func TestClient(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		peer    string
		proxies []netip.Prefix
		through []string
		want    string
	}{
		{"192.0.2.1:80", nil, nil, "192.0.2.1"},
		{"[::ffff:192.0.2.1]:80", nil, nil, "192.0.2.1"},
		{"[2001:db8:1:2:3:4:5:6]:80", nil, nil, "2001:db8:1:2::"},
		{"[fe80::1%eth0]:80", nil, nil, "fe80::"},
		{"@", nil, nil, "invalid IP"},
		{"10.0.0.1:80", nil, []string{"192.0.2.1"}, "10.0.0.1"},
		{"192.0.2.9:80", proxies, []string{"192.0.2.1"}, "192.0.2.9"}, // not a proxy of ours
		{"10.0.0.1:80", proxies, nil, "10.0.0.1"},
		{"10.0.0.1:80", proxies, []string{"192.0.2.1"}, "192.0.2.1"},
		{"10.0.0.1:80", proxies, []string{"1.1.1.1, 192.0.2.1"}, "192.0.2.1"}, // who asks may say anything
		{"10.0.0.1:80", proxies, []string{"192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		{"10.0.0.1:80", proxies, []string{"192.0.2.1", "10.0.0.2"}, "192.0.2.1"},
		{"10.0.0.1:80", proxies, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:80", proxies, []string{"me, 10.0.0.2"}, "10.0.0.2"},
		{"[fd00::1]:80", proxies, []string{"2001:db8::1"}, "2001:db8::"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header[http.CanonicalHeaderKey("X-Forwarded-For")] = tt.through
		if got := client(r, tt.proxies).String(); got != tt.want {
			t.Errorf("%s for %q: %s, want %s", tt.peer, tt.through, got, tt.want)
		}
	}
}
