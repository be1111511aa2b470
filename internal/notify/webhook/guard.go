// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// CheckURL returns an error unless the URL is https, or http to this host. It refuses
// addresses that only this host can reach because of its place, such as the
// metadata service of a cloud. The error does not contain the URL.
func CheckURL(text string) error {
	_, err := parse(text)
	return err
}

func parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error contains the text, and the text may contain a password.
		return nil, errors.New("the hook's URL is not a URL")
	}
	host := u.Hostname()
	ip, notIP := netip.ParseAddr(host)
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the hook's URL must start with https://")
	case host == "":
		return nil, errors.New("the hook's URL has no host")
	case u.Fragment != "":
		return nil, errors.New("the hook's URL has a # in it")
	case u.Scheme == "http" && !strings.EqualFold(host, "localhost") && (notIP != nil || !ip.Unmap().IsLoopback()):
		return nil, errors.New("the hook's URL must start with https://, unless it is on this host")
	case notIP == nil && isForbidden(ip):
		return nil, &forbidden{ip}
	}
	return u, nil
}

// forbidden is an address that hooks must not have.
type forbidden struct{ ip netip.Addr }

func (f *forbidden) Error() string {
	return "the address " + f.ip.String() + " is not allowed for hooks"
}

// metadata are the addresses of metadata services outside of link-local.
var metadata = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200")}

// nat64 is the prefix of IPv6 addresses that stand for IPv4 addresses.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func isForbidden(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, m := range metadata {
		if ip == m {
			return true
		}
	}
	return ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()
}

// plainKey marks the context of a request over http.
type plainKey struct{}

// NewClient returns a client that refuses such addresses when it connects, so that no
// name leads there either, and uses http only to this host. If the environment names a
// proxy, the client checks the address of the proxy.
func NewClient() *http.Client {
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if isForbidden(to.Addr()) || ctx.Value(plainKey{}) != nil && !to.Addr().Unmap().IsLoopback() {
				return &forbidden{to.Addr()}
			}
			return nil
		},
	}
	return &http.Client{Transport: marking{&http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        time.Minute,
	}}}
}

// marking marks requests over http, because the dialer does not see the URL.
type marking struct{ http.RoundTripper }

func (m marking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		r = r.WithContext(context.WithValue(r.Context(), plainKey{}, true))
	}
	return m.RoundTripper.RoundTrip(r)
}
