// SPDX-License-Identifier: Apache-2.0

// Package front stands between clients and the handlers of packages api, pages, submit
// and monitor: it routes requests and bounds what clients may take from the service.
//
// A Front limits how many requests an address sends, how many requests of a kind are
// answered at a time, and how long a client may take to send and to read. It compresses
// answers, keeps them for a moment, and makes an answer once for all clients that ask
// the same question at a time. Handlers know nothing of this; their routes say what
// kind of request they answer. NewServer and Serve run the HTTP server.
package front

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Front is the handler before all other handlers.
type Front struct {
	limits Limits
	rates  *Rates[netip.Addr] // nil if the rate is not limited
	// refusals is how many requests beyond its rate an address gets refused at once.
	refusals *Rates[netip.Addr]
	slots    [kinds]*slots
	cache    *cache
	// Answers that wait for slow clients. An answer that is still being made counts as
	// one in streams; a complete answer counts its bytes in bodies.
	streams, bodies *stalled

	mux     *http.ServeMux
	routes  []Route
	missing http.Handler // answers requests without a route
	inner   *Front       // answers insiders; nil for no other answers
}

// Route says where a handler is.
type Route struct {
	Path string
	Kind Kind
	// Below says that the handler serves all paths that begin with Path, which are
	// compared as the client sent them.
	Below bool

	handler http.Handler
}

// New returns a front without handlers, which answers 404.
func New(l Limits) *Front {
	l = l.complete()
	f := &Front{limits: l, streams: &stalled{most: maxStreams}, bodies: &stalled{most: maxUnsent}}
	if l.Rate > 0 {
		f.rates = NewRates[netip.Addr](l.Rate, l.Burst)
		f.refusals = NewRates[netip.Addr](refusalRate, refusalBurst)
	}
	for k := range kinds {
		f.slots[k] = newSlots(k, l)
	}
	return f.Beside()
}

// Beside returns a front without handlers, for another address of the service. Both
// fronts share f's limits, so that a second address does not double the load that a client
// may cause.
func (f *Front) Beside() *Front {
	beside := *f
	beside.cache = newCache(f.limits.Keep) // a URL may have other answers there, because clients choose the host
	beside.mux, beside.routes, beside.missing, beside.inner = http.NewServeMux(), nil, http.HandlerFunc(NotFound), nil
	beside.Handle("/", Light, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { beside.missing.ServeHTTP(w, r) }))
	return &beside
}

// Handle adds a handler for a pattern of http.ServeMux, without a method.
func (f *Front) Handle(pattern string, k Kind, h http.Handler) {
	f.mux.Handle(pattern, h)
	f.routes = append(f.routes, Route{Path: pattern, Kind: k, handler: h})
}

// HandleMissing sets the handler of requests without a route, which get an empty answer with
// status 404 otherwise.
func (f *Front) HandleMissing(h http.Handler) { f.missing = h }

// HandleBelow adds a handler for all paths that begin with path. Unlike
// http.ServeMux, it does not clean these paths, so that IDs in them stay as the client
// sent them. If several paths match, the first that was added wins.
func (f *Front) HandleBelow(path string, k Kind, h http.Handler) {
	f.routes = append(f.routes, Route{Path: path, Kind: k, Below: true, handler: h})
}

// Routes returns the routes, the first that was added first.
func (f *Front) Routes() []Route { return slices.Clone(f.routes) }

// find returns the route of a request, with its handler. Without a route, the mux answers
// 404, or redirects to the clean path.
func (f *Front) find(r *http.Request) Route {
	for _, route := range f.routes {
		if route.Below && strings.HasPrefix(r.URL.EscapedPath(), route.Path) {
			return route
		}
	}
	_, pattern := f.mux.Handler(r)
	for _, route := range f.routes {
		if !route.Below && route.Path == pattern {
			route.handler = f.mux
			return route
		}
	}
	return Route{Path: "/", Kind: Light, handler: f.mux}
}

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = f.limits.believed(r)
	f.limits.secure(w, r)
	f = f.forReader(r)
	route := f.find(r)
	h, k := route.handler, route.Kind
	if f.limits.Metrics != nil {
		var watched *watched
		watched, r = f.limits.Metrics.begin(w, r, route)
		defer watched.end()
		w = watched
	}
	v := &request{Front: f, slots: f.slots[k], connection: http.NewResponseController(w)}
	r = v.timed(r) // first, because the body of a refused request may never arrive
	if k.forPrograms() && crossOrigin(f.limits.Origins, w, r) {
		return
	}
	if v.refused(w, r) || v.mustLogIn(w, r) {
		return
	}
	if k == Submission {
		h.ServeHTTP(w, r)
		return
	}
	v.shared(w, r, func(w http.ResponseWriter, r *http.Request) { v.inSlot(h, w, r) })
}

// request is a request on its way to a handler.
type request struct {
	*Front
	slots      *slots
	connection *http.ResponseController
}
