// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// router finds handlers by paths that http.ServeMux cannot distinguish, because a
// branch in a path may have slashes. It compares the path as it was sent, so that an
// escaped slash of an ID stays in its segment. The first route that matches wins; a
// slash at the end makes no difference. Clients ought to escape the slashes of IDs. If
// no route matches, IDs may have slashes as well, and longer routes are tried first.
type router struct{ routes []route }

type route struct {
	segments []string // a word, or "{name}" for any segment; "{branch}" is one or more segments
	methods  front.Methods
}

// HandleFunc adds a handler for a pattern, METHOD /PATH.
func (rt *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	segments := split(path)
	for i := range rt.routes {
		if slices.Equal(rt.routes[i].segments, segments) {
			rt.routes[i].methods[method] = h
			return
		}
	}
	rt.routes = append(rt.routes, route{segments, front.Methods{method: h}})
}

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	methods, values := rt.find(r.URL.EscapedPath())
	if methods == nil {
		front.Refuse(w, http.StatusNotFound, "Unknown path: see /api/schema/docs/")
		return
	}
	for name, value := range values {
		r.SetPathValue(name, value)
	}
	h, allowed := methods.Find(r.Method)
	if h == nil {
		w.Header().Set("Allow", allowed)
		front.Refuse(w, http.StatusMethodNotAllowed, "This path allows only "+allowed)
		return
	}
	h(w, r)
}

// find returns the handlers at a path by method, nil for none, and the values of its
// variables.
func (rt *router) find(escaped string) (front.Methods, map[string]string) {
	path := split(escaped)
	for _, route := range rt.routes {
		values := make(map[string]string)
		if match(route.segments, path, values, "branch") {
			return route.methods, values
		}
	}
	for n := len(path) - 1; n > 0; n-- {
		for _, route := range rt.routes {
			values := make(map[string]string)
			if len(route.segments) == n && match(route.segments, path, values, "id", "hardware") {
				return route.methods, values
			}
		}
	}
	return nil, nil
}

func split(path string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
}

// match reports whether a path matches the segments of a route, and sets the values of
// the variables, which are undefined if it does not match. Variables with long names
// may match several segments. "{hash}" is a hash or a tag. Between a branch and
// "commits", it is a hash only, because a tag could be the end of the branch.
func match(segments, path []string, values map[string]string, long ...string) bool {
	if len(segments) == 0 || len(path) == 0 {
		return len(segments) == len(path)
	}
	name, variable := strings.CutPrefix(segments[0], "{")
	name = strings.TrimSuffix(name, "}")
	if !variable {
		return segments[0] == path[0] && match(segments[1:], path[1:], values, long...)
	}
	most := 1
	if slices.Contains(long, name) {
		most = len(path) - len(segments) + 1
	}
	for n := 1; n <= most; n++ {
		value := strings.Join(path[:n], "/")
		if name == "hardware" {
			value = strings.ReplaceAll(value, "+", "%20") // forms escape a space so
		}
		value, err := url.PathUnescape(value)
		if err != nil || path[0] == "" || name == "hash" && values["branch"] != "" && segments[1] == "commits" && !isHash(value) {
			continue
		}
		values[name] = value
		if match(segments[1:], path[n:], values, long...) {
			return true
		}
	}
	return false
}

// isHash reports whether a text is the full hash of a commit.
func isHash(text string) bool {
	return len(text) >= 40 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
