// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Scheme returns how a client calls the service: "https", also through a proxy that says
// so, or "http".
func Scheme(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https"
	}
	return "http"
}

// calledBy reports whether clients may call the service by the host of a request. If
// another site's name led to this machine, pages of that site, in a browser here, could
// do what only people here may do (DNS rebinding). No site can point an IP address at
// this machine, so that l.Addresses may allow any address. Without it only loopback
// addresses are allowed, because a service that listens on this machine only has no
// others. The header X-Forwarded-Host is ignored, because a client that forges Host can
// forge it as well.
func (l Limits) calledBy(host string) bool {
	if l.Hosts == nil {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && (l.Addresses || address.IsLoopback()) {
		return true
	}
	return slices.Contains(l.Hosts, host)
}
