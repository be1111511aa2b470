// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// calledBy reports whether clients may call the service by the host of a request. If
// another site's name led to this machine, pages of that site, in a browser here, could
// do what only people here may do (DNS rebinding). An IP address cannot be pointed at this
// machine so. But a service that listens on this machine only has only loopback addresses. The header
// X-Forwarded-Host is ignored, because a client that forges Host can forge it as well.
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
