// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2a00:1450::1": true, "127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "100.100.100.200": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"224.0.0.1": false, "255.255.255.255": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false,
	} {
		if got := IsPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}

func TestHosts(t *testing.T) {
	hosts := Hosts{"Logs.example.org", "storage.example.org:8443", "*.kernelci.org"}
	if err := hosts.Check(); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]bool{
		"https://logs.example.org/x": true, "http://LOGS.example.org:80/x": true, "https://logs.example.org:443": true,
		"https://logs.example.org:8443/": false, "http://logs.example.org:443/": false, "ftp://logs.example.org/": false,
		"https://me@logs.example.org/": false, "https://storage.example.org:8443/x": true, "https://storage.example.org/x": false,
		"https://files.kernelci.org/x": true, "https://a.b.kernelci.org": true, "https://kernelci.org/": false, "https://evilkernelci.org/": false,
		"https://files.kernelci.org:8443/": false, "https://files.kernelci.org.evil.example/": false, "https://evil.example/.kernelci.org": false,
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := hosts.Allow(u); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, wrong := range []string{"", "https://a.example.org", "a b", "*", "*.*.org", "*.example.org:8080", "a/b"} {
		if (Hosts{wrong}).Check() == nil {
			t.Errorf("%q is no fault", wrong)
		}
	}
}

// A name that is allowed and leads to an address that is not public is not asked, also if
// the name led to another address before, because the address counts that is connected to.
func TestAddressIsChecked(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = "localhost:" + u.Port()
	lookups := 0
	changing := func(a netip.Addr) bool { lookups++; return lookups > 2 || IsPublic(a) }
	c := NewClient(Hosts{u.Host}, changing, 10*time.Second)
	if response, err := c.Get(u.String()); err == nil {
		response.Body.Close()
		t.Error("the server was asked")
	}
	if asked != 0 || lookups == 0 {
		t.Errorf("asked %d times, %d addresses were checked", asked, lookups)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("other")) }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer server.Close()
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	anywhere := func(netip.Addr) bool { return true }
	if response, err := NewClient(Hosts{host(server)}, anywhere, 10*time.Second).Get(server.URL); err == nil {
		response.Body.Close()
		t.Error("a redirect to a host that is not allowed was followed")
	}
	response, err := NewClient(Hosts{host(server), host(other)}, anywhere, 10*time.Second).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}
