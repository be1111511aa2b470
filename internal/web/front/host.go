// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// calledBy reports whether the service may be called by the host of a request. A
// name of another site that leads to this machine would let that site's pages, in a
// browser here, do what only people here may. An address is not such a name, but an
// address other than a loopback one does not lead to a service that listens on this
// machine only. X-Forwarded-Host is not looked at: a client that sends a Host may
// send that as well.
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
