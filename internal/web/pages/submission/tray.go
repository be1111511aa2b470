// SPDX-License-Identifier: Apache-2.0

package submission

import (
	"context"
	"net/http"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// trayPath is the path of the page of the tray.
const trayPath = "/submit-results/tray"

// Submitter returns the origins whose submissions a client may see by the token in a header,
// nil for all. Its error says to the client why it may see none.
type Submitter func(ctx context.Context, h http.Header) ([]string, error)

// trayPage is the data of tray.html.
type trayPage struct {
	Fault   string // why the token shows nothing
	Tokens  bool   // submitters have tokens, and so origins
	Shown   bool   // the objects are shown; else the page asks for a token
	Waiting []tray.Row
	More    bool // there are more objects than the page shows
}

// Number is the number of objects on the page.
func (p *trayPage) Number() int64 { return int64(len(p.Waiting)) }

func (p *trayPage) page(status int) *shell.Page {
	return &shell.Page{
		Title: "Rejected objects", Crumbs: []shell.Link{{Text: "Submit results", URL: "/submit-results"}, {Text: "Rejected objects"}},
		JSON: "/api/tray?state=waiting", Content: templates.Content("tray.html", p), Status: status,
	}
}

// TrayRoutes adds the page of the objects in a tray that wait for a correction. Readers show a
// token in its form; submitter is nil if they need none.
func TrayRoutes(f *front.Front, s *shell.Shell, kept *tray.Tray, submitter Submitter) {
	form := func(r *http.Request) (*shell.Page, error) {
		if r.URL.Path != trayPath {
			return nil, shell.NotFound("No such page", "The tray is at "+trayPath+".")
		}
		if submitter != nil {
			return (&trayPage{Tokens: true}).page(0), nil
		}
		return waiting(r.Context(), kept, nil, false)
	}
	sent := func(r *http.Request) (*shell.Page, error) {
		if err := shell.ReadForm(r, trayPath); err != nil {
			return nil, err
		}
		if submitter == nil {
			return waiting(r.Context(), kept, nil, false)
		}
		origins, err := submitter(r.Context(), http.Header{"Authorization": {"Bearer " + strings.TrimSpace(r.PostForm.Get("token"))}})
		if err != nil {
			return (&trayPage{Tokens: true, Fault: "The token shows nothing: " + shell.Line(err.Error()) + "."}).page(http.StatusForbidden), nil
		}
		return waiting(r.Context(), kept, origins, true)
	}
	s.HandleForm(f, trayPath, form, sent)
}

// waiting returns the page with the newest objects of origins, or of all, that wait.
func waiting(ctx context.Context, kept *tray.Tray, origins []string, tokens bool) (*shell.Page, error) {
	rows, err := kept.Find(ctx, tray.Question{Origins: origins, State: tray.Waiting, Most: mostRejected + 1})
	p := &trayPage{Tokens: tokens, Shown: true, Waiting: rows[:min(len(rows), mostRejected)], More: len(rows) > mostRejected}
	return p.page(0), err
}
