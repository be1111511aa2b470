// SPDX-License-Identifier: Apache-2.0

// Package api answers what programs ask about the reports in the store. It needs no
// token, because results are public; only submissions are for their submitters.
//
// Each file has the questions of one subject, by its name: trees, revisions, builds,
// tests, hardware, issues, verdicts, search, totals, objects, submissions, logs. A subject is a type such as treeAPI,
// whose method register adds its operations. Huma reads their inputs and describes
// them, by Go's types, in the OpenAPI document.
package api

//go:generate go run ./mkdocs ../../../docs/api.md

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/logcache"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// Config is the configuration of an API.
type Config struct {
	Store store.Store // if it has no roll-ups, most operations answer 501
	Trees *treenames.Names
	Base  string // URL at which people see the pages, "" if unknown
	// ProxyHosts are the hosts whose logs are fetched for pages that cannot fetch
	// them, as HOST or HOST:PORT.
	ProxyHosts []string
	// Logs are copies of logs, which are answered in place of asking their hosts; may be nil.
	Logs *logcache.Cache
	// Known reports whether a client is a submitter of reports, by the headers of
	// its request; nil knows no submitters. Only a submitter may have the whole
	// database searched.
	Known func(http.Header) bool
	// Receipts is the database with the receipts and the tray. It differs from Store if
	// Store leaves out private origins.
	Receipts store.Store
	// Submitter returns the origins whose submissions a client may see, by the headers of
	// its request; nil for all. An error is a text for the client. A nil Submitter lets
	// everybody see all.
	Submitter func(context.Context, http.Header) (origins []string, err error)
	// Artifacts has the submissions as they were received; nil for none.
	Artifacts *artifact.Store
	Log       *slog.Logger
	Now       func() time.Time
}

// API serves the paths below /api/. It sets no limits on clients: front.Front does.
type API struct {
	*registry
	data *data
}

// New returns an API.
func New(cfg Config) *API {
	a := &API{registry: newRegistry(cfg.Log, answers.Of(cfg.Store) != nil), data: &data{cfg}}
	// A path that literal words distinguish goes before a path that ends in the name
	// of a branch, because a branch may be called like any words.
	treeAPI{a.data}.register(a.registry)
	buildAPI{a.data}.register(a.registry)
	testAPI{a.data}.register(a.registry)
	hardwareAPI{a.data}.register(a.registry)
	issueAPI{a.data}.register(a.registry)
	verdictAPI{a.data}.register(a.registry)
	searchAPI{a.data}.register(a.registry)
	totalsAPI{a.data}.register(a.registry)
	logAPI{a.data}.register(a.registry)
	ledgerAPI{a.data}.register(a.registry)
	objectAPI{a.data}.register(a.registry)
	submissionAPI{a.data}.register(a.registry)
	a.addDocument()
	describeNulls(a.huma.OpenAPI().Components.Schemas)
	return a
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// Routes adds the API's paths to a front.
func (a *API) Routes(f *front.Front) {
	f.HandleBelow("/api/objects", front.Pattern, a)
	f.HandleBelow("/api/", front.Question, a)
}
