// SPDX-License-Identifier: Apache-2.0

// Package api answers programs that ask for what is in the store. It needs no
// token, as the pages do not: results are public.
package api

//go:generate go run ./gen ../../../docs/api.md

import (
	"cmp"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/trees"
)

// Config is what an API answers from, and how.
type Config struct {
	Store store.Store // a store.Objects and a store.RollUpper, else there is little to ask
	Trees *trees.Names
	Base  string // the URL at which people see the pages, "" for none
	// Limits bound what clients may ask for.
	Limits Limits
	// Origins are the sites whose pages may show answers, as SCHEME://HOST[:PORT];
	// "*" is all.
	Origins []string
	// ProxyHosts are those whose logs are fetched for pages that cannot, as HOST or
	// HOST:PORT.
	ProxyHosts []string
	Log        *slog.Logger
	Now        func() time.Time
}

// API answers for the paths below /api/.
type API struct {
	Config
	store   store.Store
	log     *slog.Logger
	answers chan struct{} // as many as there may be at once
	within  time.Duration // how long one may take
	handler http.HandlerFunc
	router  router
	huma    huma.API
}

// New returns an API.
func New(cfg Config) *API {
	a := &API{Config: cfg, store: cfg.Store, log: cfg.Log, within: cfg.Limits.Time}
	if a.within <= 0 {
		a.within = answerTime
	}
	places := cfg.Limits.AtOnce
	if places <= 0 {
		places = atOnce
	}
	a.answers = make(chan struct{}, places)
	a.handler = a.crossOrigin(a.rated(a.timed(a.kept(a.bounded(a.router.ServeHTTP)))))
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
	Unmarshal: func(data []byte, v any) error { return cmp.Or(possibleJSON(data), jsonv2.Unmarshal(data, v)) },
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
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler(w, r) }

// Before returns a handler that has the API answer what is its, by the path as it
// was sent, and h all else. A ServeMux in front of the API would clean paths, in
// which IDs stand as they are.
func (a *API) Before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			a.handler(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// refuse answers a request with why there is nothing else to answer.
func refuse(w http.ResponseWriter, code int, message string) {
	body, err := json.Marshal(map[string]string{"error": message})
	if err != nil {
		panic(err) // a string
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	w.Write(body)
}
