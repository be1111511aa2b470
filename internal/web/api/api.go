// SPDX-License-Identifier: Apache-2.0

// Package api answers programs that ask for what is in the store. It needs no
// token, as the pages do not: results are public.
package api

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/trees"
)

// Bounds of the requests being answered. One that reads holds back the cleaning
// of the database's log, so that a client that reads slowly must not hold it
// for long, nor many of them all the connections.
const (
	atOnce     = 16
	answerTime = 2 * time.Minute
	retryAfter = 10 * time.Second
)

// Config is what an API answers from, and how.
type Config struct {
	Store store.Store // a store.Objects and a store.RollUpper, else there is little to ask
	Trees *trees.Names
	Base  string // the URL at which people see the pages, "" for none
	Log   *slog.Logger
	Now   func() time.Time
}

// API answers for the paths below /api.
type API struct {
	Config
	store   store.Store
	log     *slog.Logger
	answers chan struct{} // as many as there may be at once
	within  time.Duration // how long one may take
	router  router
	huma    huma.API
}

// New returns an API.
func New(cfg Config) *API {
	a := &API{Config: cfg, store: cfg.Store, log: cfg.Log, answers: make(chan struct{}, atOnce), within: answerTime}
	report := a.bounded(a.report)
	a.router.HandleFunc("GET /api/report", report)
	a.router.HandleFunc("POST /api/report", report)
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
	return a
}

// format is how bodies are read and written.
var format = huma.Format{
	Marshal:   func(w io.Writer, v any) error { return jsonv2.MarshalWrite(w, v) },
	Unmarshal: func(data []byte, v any) error { return jsonv2.Unmarshal(data, v) },
}

// operations adds all operations, those first whose paths are told apart by words.
func (a *API) operations() {
}

// Routes adds the API's paths to a mux.
func (a *API) Routes(mux *http.ServeMux) { mux.Handle("/api/", &a.router) }

// bounded returns a handler that answers no more requests at a time than
// there may be, each in bounded time.
func (a *API) bounded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case a.answers <- struct{}{}:
			defer func() { <-a.answers }()
		default:
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
			refuse(w, http.StatusServiceUnavailable, "Too many requests are being answered: try again in a while")
			return
		}
		// Deadlines need a connection; in a test without one nobody trickles.
		connection := http.NewResponseController(w)
		end := time.Now().Add(a.within)
		connection.SetReadDeadline(end)
		connection.SetWriteDeadline(end)
		defer connection.SetReadDeadline(time.Time{})
		defer connection.SetWriteDeadline(time.Time{})
		h(w, r)
	}
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
