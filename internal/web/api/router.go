// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/web"
)

// router finds handlers by paths that the ServeMux cannot tell apart: the names of
// branches stand in them as they are, slashes and all. It goes by the path as it
// was sent, so that what is escaped within an ID stays in one segment. The first
// route that fits is taken; a slash at the end makes no difference.
type router struct{ routes []route }

type route struct {
	segments []string // "tree", or "{name}" for any; "{branch}" is one or more
	methods  web.Methods
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
	rt.routes = append(rt.routes, route{segments, web.Methods{method: h}})
}

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := split(r.URL.EscapedPath())
	for _, route := range rt.routes {
		values := make(map[string]string)
		if !match(route.segments, path, values) {
			continue
		}
		for name, value := range values {
			r.SetPathValue(name, value)
		}
		route.methods.ServeHTTP(w, r)
		return
	}
	web.NotFound(w, r)
}

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// match tells whether a path fits the segments of a route, and sets the values.
func match(segments, path []string, values map[string]string) bool {
	if len(segments) == 0 || len(path) == 0 {
		return len(segments) == len(path)
	}
	name, variable := strings.CutPrefix(segments[0], "{")
	name = strings.TrimSuffix(name, "}")
	if !variable {
		return segments[0] == path[0] && match(segments[1:], path[1:], values)
	}
	most := 1
	if name == "branch" {
		most = len(path) - len(segments) + 1
	}
	for n := 1; n <= most; n++ {
		value := strings.Join(path[:n], "/")
		if name == "hardware" {
			value = strings.ReplaceAll(value, "+", "%20") // as forms are escaped
		}
		value, err := url.PathUnescape(value)
		if err == nil && value != "" && match(segments[1:], path[n:], values) {
			values[name] = value
			return true
		}
	}
	return false
}
