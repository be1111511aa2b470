// SPDX-License-Identifier: Apache-2.0

package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// router finds handlers by paths that the ServeMux cannot tell apart: the names of
// branches stand in them as they are, slashes and all. It goes by the path as it
// was sent, so that what is escaped within an ID stays in one segment. The first
// route that fits is taken; a slash at the end makes no difference. IDs should have
// their slashes escaped; where no route fits otherwise, those of a longer path
// first, they may stand as they are.
type router struct{ routes []route }

type route struct {
	segments []string // "tree", or "{name}" for any; "{branch}" is one or more
	methods  map[string]http.HandlerFunc
}

// HandleFunc adds a route for a pattern, METHOD /PATH. Those of the same path
// belong together.
func (rt *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	segments := split(path)
	for i := range rt.routes {
		if slices.Equal(rt.routes[i].segments, segments) {
			rt.routes[i].methods[method] = h
			return
		}
	}
	rt.routes = append(rt.routes, route{segments, map[string]http.HandlerFunc{method: h}})
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
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h := methods[method]; h != nil {
		h(w, r)
		return
	}
	allowed := slices.Collect(maps.Keys(methods))
	if methods[http.MethodGet] != nil {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	front.Refuse(w, http.StatusMethodNotAllowed, "This path allows only "+strings.Join(allowed, ", "))
}

// find returns what is at a path, and the values of its variables; nil for nothing.
func (rt *router) find(escaped string) (map[string]http.HandlerFunc, map[string]string) {
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

// match tells whether a path fits the segments of a route, and sets the values, which
// mean nothing where it does not.
// Variables that are named long may be of several segments. "{hash}" is a hash or a
// tag; between a branch and "commits" it is a hash only, because a tag could be the
// end of the branch's name.
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
			value = strings.ReplaceAll(value, "+", "%20") // as forms are escaped
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

// isHash tells whether a text is the whole hash of a commit.
func isHash(text string) bool {
	return len(text) >= 40 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
