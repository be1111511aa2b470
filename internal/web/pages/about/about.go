// SPDX-License-Identifier: Apache-2.0

// Package about has the pages about the pages: the keys, how verdicts are made, and how
// to submit results.
package about

import (
	"embed"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// Links say which pages a service has that the page about submitting leads to.
type Links struct {
	Requests bool // origins can ask for a token
	Tray     bool // rejected objects are kept
}

// Routes adds the pages to a front.
func Routes(f *front.Front, s *shell.Shell, links Links) {
	s.Handle(f, "/keys", static("Keys", "keys.html", keys))
	s.Handle(f, "/verdicts", static("How verdicts are made", "verdicts.html", nil))
	s.Handle(f, "/submit-results", func(r *http.Request) (*shell.Page, error) {
		return &shell.Page{Title: "Submit results", Content: templates.Content("submit.html", pageToSubmit(s, r, links))}, nil
	})
}

// static returns the view of a page that is always the same.
func static(title, template string, data any) shell.View {
	return func(*http.Request) (*shell.Page, error) {
		return &shell.Page{Title: title, Content: templates.Content(template, data)}, nil
	}
}

// key is a key of the keyboard, or keys one after the other, and its use.
type key struct{ Keys, Does string }

var keys = []key{
	{"/", "go to the search"},
	{"?", "show this page"},
	{"j", "go to the next row or card"},
	{"k", "go to the previous row or card"},
	{"h", "go to the newer cell of a grid"},
	{"l", "go to the older cell of a grid"},
	{"Enter", "open the row, card or cell"},
	{"o", "unfold or fold it"},
	{"[", "go to the older revision"},
	{"]", "go to the newer revision"},
	{"n", "go to the next new failure"},
	{"p", "go to the previous new failure"},
	{"f", "go to the filter"},
	{"c", "copy the commands, or the ID of the page"},
	{"g t", "go to the trees"},
	{"g h", "go to the hardware"},
	{"g i", "go to the issues"},
	{"u", "go up, by the line above the title"},
	{"Esc", "leave a field"},
}

// submitPage is the data of the page about submitting.
type submitPage struct {
	URL    string // of this service, as the reader sees it
	Tokens bool
	Links
	Sandbox string // URL of the sandbox, "" for none
}

func pageToSubmit(s *shell.Shell, r *http.Request, links Links) submitPage {
	p := submitPage{URL: shell.Address(r), Tokens: s.Tokens, Links: links}
	if s.SandboxURL != nil {
		p.Sandbox = s.SandboxURL(r)
	}
	return p
}
