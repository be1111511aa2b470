// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"net/http"
	"strings"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// hostShape matches a Host header that is safe to show in a command.
var hostShape = lazyregexp.New(`^[A-Za-z0-9.:\[\]-]+$`)

// Address returns the URL of this service as the reader sees it.
func Address(r *http.Request) string {
	host := r.Host
	if !hostShape().MatchString(host) {
		host = "localhost"
	}
	return front.Scheme(r) + "://" + host
}

// HomeURL returns the URL that the URLs of pages begin with, without a slash at the end:
// Base, or the address that the reader used.
func (s *Shell) HomeURL(r *http.Request) string {
	if s.Base != "" {
		return strings.TrimSuffix(s.Base, "/")
	}
	return Address(r)
}
