// SPDX-License-Identifier: Apache-2.0

package api

import (
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// registry has the operations of an API: the routes, and the document that describes
// them.
type registry struct {
	router router
	huma   huma.API
	log    *slog.Logger
	counts bool // the database has roll-ups
}

func newRegistry(log *slog.Logger, counts bool) *registry {
	setUpHuma()
	r := &registry{log: log, counts: counts}
	r.huma = humago.New(&r.router, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "KCIDB", Version: "1"},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	})
	return r
}

// add adds an operation with a handler of its own.
func (r *registry) add(o *huma.Operation, h http.HandlerFunc) {
	r.huma.OpenAPI().AddOperation(o)
	r.router.HandleFunc(o.Method+" "+o.Path, h)
}

// headerKey is the key of the huma.Context in a context. By it, a handler sets headers
// of the answer.
type headerKey struct{}

// lateWriter begins an answer with the first byte of its body.
type lateWriter struct {
	hc    huma.Context
	begun bool
}

func (w *lateWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.hc.SetHeader("Content-Type", "application/json")
		w.hc.SetStatus(http.StatusOK)
	}
	return w.hc.BodyWriter().Write(p)
}
