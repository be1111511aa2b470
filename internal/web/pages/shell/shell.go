// SPDX-License-Identifier: Apache-2.0

// Package shell makes pages around the content that a room has: the layout with bar,
// breadcrumb and foot, the components that pages share, filters in the URL, the URLs of
// all pages, and the pages that say why there is no page.
//
// A room is a package with the pages of one subject. It adds views to a front by
// Shell.Handle. A view returns a Page or an error, and the shell answers with either.
// Templates of a room call the components of components.html and the functions of
// functions.go.
package shell

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// Shell has what the views read, and makes their pages.
type Shell struct {
	Store store.Store
	// Answers and Verdicts are nil if the database keeps no counts. Views that need
	// them call NeedCounts.
	Answers  *answers.DB
	Verdicts *verdicts.DB
	// Spool has the feeds. May be nil: then no feed exists.
	Spool spool.Feeds
	// Queue may be nil: then pages say nothing of submissions that wait.
	Queue queue.Queue
	Trees *treenames.Names
	Log   *slog.Logger
	Now   func() time.Time
	// Tokens is set if submitters need a token.
	Tokens bool
	// Reader returns in whose name a reader reads, "" for a reader without a valid token. It
	// is nil if tokens make no difference for readers.
	Reader func(*http.Request) string
	// Copied returns when the service copied the log at a URL; the zero time if it keeps no
	// copy. May be nil.
	Copied func(ctx context.Context, url string) (time.Time, error)
	// SandboxDays is set if these are the pages of a sandbox, and SandboxURL if there is one
	// elsewhere: see pages.Pages.
	SandboxDays int
	SandboxURL  func(*http.Request) string
	// Base is the URL that people see the pages at; "" for the one they used.
	Base string

	receipts receipts
}

// Page is a page without its frame.
type Page struct {
	// Title is the title of the document, which begins with the verdict if there is one.
	Title string
	// Section is the part of the bar that the page belongs to, such as "Trees".
	Section string
	// Crumbs lead from the section to the page. The last one is the page itself.
	Crumbs []Link
	// Content is the content of the element main, made by a Template.
	Content Content
	// JSON is the path of the API call that returns the page's data, "" for none.
	JSON string
	// Atom is the path of the feed of the page, "" for none.
	Atom string
	// Changed is when the data of the page changed last; the zero time if that is not
	// known. An open page with the time asks now and then whether there is more.
	Changed time.Time
	// CanBeStill says that the view reads the parameter AsOf, so that the page has a URL
	// which shows the same tomorrow.
	CanBeStill bool
	// Older and Newer are the paths of the neighbours of the page, "" for none.
	Older, Newer string
	// Status is the status of the answer, 200 if 0.
	Status int
}

// Link is a link with its text. A link without a URL is plain text.
type Link struct{ Text, URL string }

// View answers a request with a page, or with an error: one of this package, or one of
// the store.
type View func(r *http.Request) (*Page, error)

// Handle adds a view for a pattern of http.ServeMux. params are the names of the
// parameters that the view reads.
func (s *Shell) Handle(f *front.Front, pattern string, view View, params ...string) {
	f.Handle(pattern, front.Page, front.Methods{http.MethodGet: s.handler(view, params)})
	if strings.HasSuffix(pattern, "}") {
		return
	}
	for suffix := range kin {
		exact := func(r *http.Request) (*Page, error) {
			if strings.HasSuffix(r.URL.Path, suffix) {
				return nil, NotFound("This page has no "+suffix, "Its foot has the links that exist.")
			}
			return view(r)
		}
		f.Handle(pattern+suffix, front.Page, front.Methods{http.MethodGet: s.handler(exact, params)})
	}
}

// HandleBelow adds a view for all paths that begin with path, as they are in the URL. The
// view takes the IDs in them by Segments.
func (s *Shell) HandleBelow(f *front.Front, path string, view View, params ...string) {
	f.HandleBelow(path, front.Page, front.Methods{http.MethodGet: s.handler(view, params)})
}

// HandleForm adds a view with a form for all paths that begin with path, and the view that
// answers the form when a reader sends it. That view returns a Redirect to the result, or the
// page of the form with its faults.
func (s *Shell) HandleForm(f *front.Front, path string, form, sent View, params ...string) {
	f.HandleBelow(path, front.Page, front.Methods{http.MethodGet: s.handler(form, params), http.MethodPost: s.handler(sent, nil)})
}
