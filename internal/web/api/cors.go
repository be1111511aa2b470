// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
)

// crossOrigin returns a handler whose answers browsers show to pages of other
// sites: those that are configured, "*" for all.
func (a *API) crossOrigin(h http.HandlerFunc) http.HandlerFunc {
	if len(a.Origins) == 0 {
		return h
	}
	all := slices.Contains(a.Origins, "*")
	return func(w http.ResponseWriter, r *http.Request) {
		header, origin := w.Header(), r.Header.Get("Origin")
		switch {
		case all:
			header.Set("Access-Control-Allow-Origin", "*")
		default:
			header.Add("Vary", "Origin")
			if !slices.Contains(a.Origins, origin) {
				h(w, r)
				return
			}
			header.Set("Access-Control-Allow-Origin", origin)
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			header.Set("Access-Control-Allow-Methods", "GET, POST")
			header.Set("Access-Control-Allow-Headers", "Content-Type")
			header.Set("Access-Control-Max-Age", "3600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		header.Set("Access-Control-Expose-Headers", "ETag, Link, Retry-After")
		h(w, r)
	}
}
