// SPDX-License-Identifier: Apache-2.0

// Package fetch makes HTTP clients for URLs that strangers wrote. Such a client asks only
// hosts that an administrator named, at public addresses. So a stranger cannot make it reach hosts that
// only this machine can reach.
package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// mostRedirects is how many redirects a client follows.
const mostRedirects = 3

// Hosts are hosts that may be asked: HOST, HOST:PORT, or *.DOMAIN for all hosts below a
// domain, with the port of the scheme.
type Hosts []string

// Check returns an error if the form of one of the hosts is wrong.
func (h Hosts) Check() error {
	for _, host := range h {
		name, below := strings.CutPrefix(host, "*.")
		if u, err := url.Parse("//" + name); err != nil || u.Host != name || u.Hostname() == "" || below && u.Port() != "" || strings.Contains(name, "*") {
			return fmt.Errorf("%q is not HOST, HOST:PORT or *.DOMAIN", host)
		}
	}
	return nil
}

// Allow reports whether a URL may be asked for.
func (h Hosts) Allow(u *url.URL) bool {
	if u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return false
	}
	host, name := strings.ToLower(u.Host), strings.ToLower(u.Hostname())
	usual := u.Port() == "" || u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return slices.ContainsFunc(h, func(allowed string) bool {
		allowed = strings.ToLower(allowed)
		if domain, ok := strings.CutPrefix(allowed, "*"); ok {
			return usual && strings.HasSuffix(name, domain)
		}
		return allowed == host || usual && allowed == name
	})
}

// NewClient returns a client that connects only to addresses that a function allows, and
// takes at most a time for an answer with its body. It checks each address when it connects,
// so that a name cannot change its address in between. It follows redirects to allowed hosts,
// but not from https to http.
func NewClient(hosts Hosts, allowed func(netip.Addr) bool, most time.Duration) *http.Client {
	dialer := &net.Dialer{
		Timeout: most / 3,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err == nil && !allowed(to.Addr()) {
				err = errors.New("the address is not public")
			}
			return err
		},
	}
	return &http.Client{
		Timeout: most,
		// Bodies stay compressed. Connections are not kept, because there are few.
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > mostRedirects || !hosts.Allow(r.URL) || via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return errors.New("a redirect leads to a host that is not allowed, or redirects are too many")
			}
			return nil
		},
	}
}

// hidden are addresses that are not public, or that reach addresses that are not: of
// this host and its network, shared by the customers of a provider, and those by which
// IPv6 reaches IPv4.
var hidden = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
}

// IsPublic reports whether an address is public.
func IsPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(hidden, func(p netip.Prefix) bool { return p.Contains(ip) })
}
