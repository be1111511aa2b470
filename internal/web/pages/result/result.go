// SPDX-License-Identifier: Apache-2.0

// Package result has the pages of single objects: tests, builds, checkouts and incidents,
// and the logs of tests and builds.
//
// A page shows an object by its ID, also if the database keeps no counts. The history of
// a result and the same test elsewhere need the verdicts.
package result

import (
	"embed"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// Routes adds the pages to a front.
func Routes(f *front.Front, s *shell.Shell) {
	r := &room{s}
	s.HandleBelow(f, "/test/", r.of("/test/", r.test, r.testLog))
	s.HandleBelow(f, "/build/", r.of("/build/", r.build, r.buildLog))
	s.HandleBelow(f, "/checkout/", r.of("/checkout/", r.checkout, nil))
	s.HandleBelow(f, "/incident/", r.of("/incident/", r.incident, nil))
}

// room makes the pages.
type room struct{ *shell.Shell }

// pageOf returns the page of an object with an ID.
type pageOf func(r *http.Request, id string) (*shell.Page, error)

// of returns the view of the paths PREFIX/ID and PREFIX/ID/log.
func (s *room) of(prefix string, page, log pageOf) shell.View {
	return func(r *http.Request) (*shell.Page, error) {
		segments := shell.Segments(r, prefix)
		switch {
		case len(segments) == 1:
			return page(r, segments[0])
		case len(segments) == 2 && segments[1] == "log" && log != nil:
			return log(r, segments[0])
		}
		return nil, shell.NotFound("No such page", "A page of an object is at "+prefix+"ID. A slash within an ID is written as %2F.")
	}
}

// find returns an object with its parents. missing is the error if it is not there.
func find[T graph.Object](r *http.Request, s *room, ref object.Ref, missing error) (o T, err error) {
	found, err := graph.New(r.Context(), s.Store).Find(ref)
	if err != nil {
		return o, err
	}
	if o = found[0].(T); !o.Known() {
		return o, missing
	}
	return o, nil
}

// unknown returns the error of an object that is not in the database.
func unknown(kind, id, help string) error {
	return &shell.Refusal{Status: http.StatusNotFound, Title: "No such " + kind + " yet", Help: help, Search: shell.Line(id)}
}
