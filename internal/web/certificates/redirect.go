// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Redirect leads clients from plain HTTP to HTTPS, with path and query as they were sent.
// It leads only to hosts of this service, because a link to it must not lead to a host that
// the author of the link chose.
type Redirect struct {
	Source Source
	// Port is the port of HTTPS, as clients see it.
	Port string
	// Base is the public URL of the service, if it has one: clients who call the service
	// by its host get to its port.
	Base *url.URL
}

// ServeHTTP implements http.Handler. A request with a body is refused, so that its sender
// notices: its token was readable on the way.
func (d *Redirect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := d.target(r.Host)
	switch {
	case target == "":
		http.Error(w, "This is not a name of this service", http.StatusMisdirectedRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "This address does not encrypt: use "+target, http.StatusForbidden)
	default:
		http.Redirect(w, r, target+requestURI(r.URL), http.StatusMovedPermanently)
	}
}

// target returns the URL of a host of this service without a path, "" for other hosts.
func (d *Redirect) target(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	port := d.Port
	switch {
	case d.Base != nil && strings.ToLower(d.Base.Hostname()) == host && d.Base.Scheme == "https":
		port = d.Base.Port()
	case !d.Source.Serves(host):
		return ""
	}
	if port == "443" {
		port = ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return "https://" + host
}

// requestURI returns the path and the query of a URL.
func requestURI(u *url.URL) string {
	uri := u.EscapedPath()
	if !strings.HasPrefix(uri, "/") {
		uri = "/" + uri
	}
	if u.RawQuery != "" {
		uri += "?" + u.RawQuery
	}
	return uri
}
