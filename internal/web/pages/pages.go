// SPDX-License-Identifier: Apache-2.0

// Package pages shows people the content of the store. Pages are rendered by the
// server, and work without scripts. They load nothing from elsewhere.
package pages

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/about"
	"github.com/kcidb-go/kcidb/internal/web/pages/apply"
	"github.com/kcidb-go/kcidb/internal/web/pages/branch"
	"github.com/kcidb-go/kcidb/internal/web/pages/hardware"
	"github.com/kcidb-go/kcidb/internal/web/pages/home"
	"github.com/kcidb-go/kcidb/internal/web/pages/issue"
	"github.com/kcidb-go/kcidb/internal/web/pages/login"
	"github.com/kcidb-go/kcidb/internal/web/pages/origin"
	"github.com/kcidb-go/kcidb/internal/web/pages/result"
	"github.com/kcidb-go/kcidb/internal/web/pages/revision"
	"github.com/kcidb-go/kcidb/internal/web/pages/search"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/internal/web/pages/statistics"
	"github.com/kcidb-go/kcidb/internal/web/pages/submission"
	"github.com/kcidb-go/kcidb/internal/web/submit"
)

// Pages serves the pages.
type Pages struct {
	Store store.Store
	// Public is set if Store is the public database. Then the pages say nothing of the queue,
	// nor of submissions without a receipt there.
	Public bool
	// Spool has the feeds. May be nil: then no feed exists.
	Spool spool.Feeds
	Queue queue.Queue
	// Receiver receives submissions, and knows their state.
	Receiver *submit.Receiver
	// Trees names the trees of checkouts without a tree name.
	Trees *treenames.Names
	Log   *slog.Logger
	Now   func() time.Time
	// Tokens is set if submitters need a token.
	Tokens bool
	// Readers checks the tokens of readers. It is nil if tokens make no difference for
	// readers: then there is no page to log in.
	Readers *auth.Checker
	// Tray has the rejected objects, of all origins; nil without a tray. Submitter returns the
	// origins whose objects a client may see; nil if clients need no token.
	Tray      *tray.Tray
	Submitter submission.Submitter
	// Desk takes requests for tokens. May be nil: then the service takes none.
	Desk *apply.Desk
	// Copied returns when the service copied the log at a URL; the zero time if it keeps no
	// copy. May be nil.
	Copied func(ctx context.Context, url string) (time.Time, error)
	// SandboxDays is after how many days results are removed from the sandbox, if these are
	// its pages; else 0. SandboxURL returns the URL of the sandbox's pages for a request; nil
	// without a sandbox.
	SandboxDays int
	SandboxURL  func(*http.Request) string
	// Base is the URL that people see the pages at; "" for the one they used.
	Base string
}

// Routes adds the pages' paths to a front.
func (p *Pages) Routes(f *front.Front) {
	shell.Files(f)
	s := p.shell()
	f.HandleMissing(http.HandlerFunc(s.Missing))
	f.Handle("/feed/{name}", front.Page, front.Methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) { subscriptionFeed(s, w, r) }})
	about.Routes(f, s, about.Links{Requests: p.Desk != nil, Tray: p.Tray != nil})
	if p.Desk != nil {
		apply.Routes(f, s, p.Desk)
	}
	issue.Routes(f, s, p.Receiver)
	hardware.Routes(f, s)
	origin.Routes(f, s)
	branch.Routes(f, s)
	home.Routes(f, s)
	result.Routes(f, s)
	revision.Routes(f, s)
	search.Routes(f, s)
	statistics.Routes(f, s)
	submission.Routes(f, s, p.find)
	if p.Tray != nil {
		submission.TrayRoutes(f, s, p.Tray, p.Submitter)
	}
	if p.Readers != nil {
		login.Routes(f, s, p.Readers)
	}
}

// find returns the state of a submission.
func (p *Pages) find(ctx context.Context, id string) (submit.State, error) {
	if p.Public {
		return p.Receiver.FindIn(ctx, p.Store, id)
	}
	return p.Receiver.Find(ctx, id)
}

// shell returns the shell of the rooms.
func (p *Pages) shell() *shell.Shell {
	s := &shell.Shell{
		Store: p.Store, Answers: answers.Of(p.Store), Verdicts: verdicts.Of(p.Store), Spool: p.Spool, Trees: p.Trees,
		Log: p.Log, Now: p.Now, Tokens: p.Tokens, Base: p.Base,
		Copied: p.Copied, SandboxDays: p.SandboxDays, SandboxURL: p.SandboxURL,
	}
	if !p.Public {
		s.Queue = p.Queue
	}
	if p.Readers != nil {
		s.Reader = func(r *http.Request) string {
			t, _ := login.TokenOf(p.Readers, r)
			return login.NameOf(t)
		}
	}
	return s
}
