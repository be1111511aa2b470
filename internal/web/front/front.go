// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"slices"
	"strings"
)

// Kind is what an answer costs. Requests of one kind have places of their own: a
// flood of one kind takes no place of another.
type Kind int

// The kinds of answers, the cheapest first.
const (
	// Probe tells how the process is. It costs no more than a refusal, so that no
	// rate bounds it: a flood must not have the process taken for dead.
	Probe Kind = iota
	// Light costs next to nothing, or is made once for all who ask.
	Light
	// Page is for people: what is known of an object. Like all above, it has no
	// parameters.
	Page
	// Question is what programs ask.
	Question
	// Pattern is a question that may lead to any number of objects.
	Pattern
	// Errand is what senders ask of what they handed in. No rate bounds known
	// senders, here and below.
	Errand
	// Submission is a report that is handed in. The door bounds the memory of
	// reports, and so how many there are at a time.
	Submission
	kinds
)

// forPrograms tells whether answers, and so refusals, are JSON that programs of
// other sites may read.
func (k Kind) forPrograms() bool { return k == Question || k == Pattern }

// forSenders tells whether refusals are what senders of reports expect.
func (k Kind) forSenders() bool { return k == Errand || k == Submission }

// Front is what stands before all handlers. Whatever is asked, it bounds how often
// an address asks, how many are answered at a time, and how long a client may take
// to send and to read. No handler is reached in another way.
type Front struct {
	limits Limits
	rates  *rates // nil where any number may ask
	lanes  [kinds]*lane
	cache  *cache
	// What waits for clients that are slow to read: answers that are still being
	// made, in their number, and those that are made, in bytes.
	streams, bodies *yard

	mux    *http.ServeMux
	routes []Route
}

// Route is where a handler is.
type Route struct {
	Path string
	Kind Kind
	// Below: the handler is for all paths that begin with Path, as they were sent.
	Below bool

	handler http.Handler
}

// NewFront returns a front without handlers, which answers 404.
func NewFront(l Limits) *Front {
	l = l.complete()
	f := &Front{
		limits: l, cache: newCache(l.Keep), mux: http.NewServeMux(),
		streams: &yard{most: maxStreams}, bodies: &yard{most: maxUnsent},
	}
	if l.Rate > 0 {
		f.rates = newRates(l.Rate, l.Burst)
	}
	for k := range kinds {
		f.lanes[k] = newLane(k, l)
	}
	f.Handle("/", Light, http.HandlerFunc(NotFound))
	return f
}

// Handle adds a handler for a pattern of http.ServeMux, without a method.
func (f *Front) Handle(pattern string, k Kind, h http.Handler) {
	f.mux.Handle(pattern, h)
	f.routes = append(f.routes, Route{Path: pattern, Kind: k, handler: h})
}

// HandleBelow adds a handler for all paths that begin as path does. They are not
// cleaned, as those of http.ServeMux are, so that IDs may stand in them as they
// are. What is added first is found first.
func (f *Front) HandleBelow(path string, k Kind, h http.Handler) {
	f.routes = append(f.routes, Route{Path: path, Kind: k, Below: true, handler: h})
}

// Routes returns what was added.
func (f *Front) Routes() []Route { return slices.Clone(f.routes) }

// find returns the handler of a request, and what its answer costs. Where nothing
// was added, the mux says so, or where else to ask.
func (f *Front) find(r *http.Request) (http.Handler, Kind) {
	for _, route := range f.routes {
		if route.Below && strings.HasPrefix(r.URL.EscapedPath(), route.Path) {
			return route.handler, route.Kind
		}
	}
	_, pattern := f.mux.Handler(r)
	for _, route := range f.routes {
		if !route.Below && route.Path == pattern {
			return f.mux, route.Kind
		}
	}
	return f.mux, Light
}

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, k := f.find(r)
	v := &visit{Front: f, lane: f.lanes[k], connection: http.NewResponseController(w)}
	r = v.timed(r) // first: also what is refused has a body that may never come
	if k.forPrograms() && crossOrigin(f.limits.Origins, w, r) {
		return
	}
	if v.refused(w, r) {
		return
	}
	if k == Submission {
		h.ServeHTTP(w, r)
		return
	}
	v.shared(w, r, func(w http.ResponseWriter, r *http.Request) { v.placed(h, w, r) })
}

// visit is a request on its way to a handler.
type visit struct {
	*Front
	lane       *lane
	connection *http.ResponseController
}
