// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// forwardedProto is the header by which a proxy says how its client called it.
const forwardedProto = "X-Forwarded-Proto"

// Scheme returns how a client calls the service: "https", also through a trusted proxy that
// says so, or "http". A Front removes the header of others.
func Scheme(r *http.Request) string {
	if r.TLS != nil || r.Header.Get(forwardedProto) == "https" {
		return "https"
	}
	return "http"
}

// believed returns the request without the header about the scheme, unless a trusted proxy
// sent it.
func (l Limits) believed(r *http.Request) *http.Request {
	if r.Header[forwardedProto] == nil || trusted(peer(r.RemoteAddr), l.Proxies) {
		return r
	}
	r = r.WithContext(r.Context()) // a copy, because the server may read the original
	r.Header = r.Header.Clone()
	r.Header.Del(forwardedProto)
	return r
}

// day is the unit of Limits.HSTS.
const day = 24 * 60 * 60

// secure tells the browser of a client who came by HTTPS to come by HTTPS only from now on.
// The header means nothing on plain HTTP, where anyone could have written it.
func (l Limits) secure(w http.ResponseWriter, r *http.Request) {
	if l.HSTS > 0 && Scheme(r) == "https" {
		w.Header().Set("Strict-Transport-Security", "max-age="+strconv.Itoa(l.HSTS*day))
	}
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
