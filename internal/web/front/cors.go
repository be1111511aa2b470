// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"slices"
)

// crossOrigin lets browsers show the answer to the pages of other sites: the given
// origins, "*" for all. It reports whether it answered the request, which it does if
// that is a preflight request.
func crossOrigin(origins []string, w http.ResponseWriter, r *http.Request) bool {
	if len(origins) == 0 {
		return false
	}
	header, origin := w.Header(), r.Header.Get("Origin")
	if slices.Contains(origins, "*") {
		header.Set("Access-Control-Allow-Origin", "*")
	} else {
		header.Add("Vary", "Origin")
		if !slices.Contains(origins, origin) {
			return false
		}
		header.Set("Access-Control-Allow-Origin", origin)
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		header.Set("Access-Control-Allow-Methods", "GET, POST")
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", "3600")
		w.WriteHeader(http.StatusNoContent)
		return true
	}
	header.Set("Access-Control-Expose-Headers", "ETag, Link, Retry-After")
	return false
}
