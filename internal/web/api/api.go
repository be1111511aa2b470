// SPDX-License-Identifier: Apache-2.0

// Package api answers programs that ask for what is in the store. It needs no
// token, as the pages do not: results are public.
package api

//go:generate go run ./mkdocs ../../../docs/api.md

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// Config is what an API answers from, and how.
type Config struct {
	Store store.Store // with roll-ups
	Trees *treenames.Names
	Base  string // the URL at which people see the pages, "" for none
	// ProxyHosts are those whose logs are fetched for pages that cannot, as HOST or
	// HOST:PORT.
	ProxyHosts []string
	// Known tells whether who asks is one of those who hand reports in, by the headers
	// of the request; nil knows none. Only they may have everything looked through.
	Known func(http.Header) bool
	Log   *slog.Logger
	Now   func() time.Time
}

// API answers for the paths below /api/. How much may be asked is for a web.Front
// to say.
type API struct {
	Config
	store  store.Store
	log    *slog.Logger
	router router
	huma   huma.API
}

// New returns an API.
func New(cfg Config) *API {
	a := &API{Config: cfg, store: cfg.Store, log: cfg.Log}
	a.huma = humago.New(&a.router, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "KCIDB", Version: "1"},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	})
	a.operations()
	describeNulls(a.huma.OpenAPI().Components.Schemas)
	return a
}

// format is how bodies are read and written.
var format = huma.Format{
	Marshal:   func(w io.Writer, v any) error { return jsonv2.MarshalWrite(w, v, jsontext.AllowInvalidUTF8(true)) },
	Unmarshal: func(data []byte, v any) error { return cmp.Or(checkBody(data), jsonv2.Unmarshal(data, v)) },
}

// operations adds all operations, those first whose paths are told apart by words.
func (a *API) operations() {
	a.treeOperations()
	a.treeReportOperation()
	a.buildOperations()
	a.hardwareOperations()
	a.issueOperations()
	a.dailyOperations()
	a.proxyOperations()
	a.objectOperations()
	a.schemaOperations()
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// Routes adds the API's paths to a front.
func (a *API) Routes(f *front.Front) {
	f.HandleBelow("/api/objects", front.Pattern, a)
	f.HandleBelow("/api/", front.Question, a)
}
