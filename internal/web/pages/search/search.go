// SPDX-License-Identifier: Apache-2.0

// Package search has the page that finds anything: revisions, branches, tests, boards,
// issues, IDs, and lines that say why a test failed.
package search

import (
	"embed"
	"net/http"
	"strings"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// Routes adds the page to a front.
func Routes(f *front.Front, s *shell.Shell) {
	s.Handle(f, "/search", func(r *http.Request) (*shell.Page, error) { return view(r, s) }, "q")
}

// maxText is the most bytes that are searched for.
const maxText = 500

// hit is something that was found. A text that is absent is "".
type hit struct {
	Text, URL string
	Verdict   verdict.Kind
	Note      string
	Fault     string // the line that says why a test failed
}

// section has the hits of one kind.
type section struct {
	Title string
	ID    string // of its heading
	Hits  []hit
	// More says that there are more hits than the page shows.
	More bool
}

// page is the data of search.html.
type page struct {
	Text     string
	Sections []section
}

func view(r *http.Request, s *shell.Shell) (*shell.Page, error) {
	text := strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("q"), ""))
	if len(text) > maxText {
		return nil, &shell.Refusal{Status: http.StatusBadRequest, Title: "The text to search for is too long", Help: "Search for at most 500 bytes."}
	}
	if text == "" {
		return &shell.Page{Title: "Search", Content: templates.Content("search.html", page{})}, nil
	}
	if err := s.NeedCounts(); err != nil {
		return nil, err
	}
	sections, err := (&search{s, text}).run(r.Context())
	if err != nil {
		return nil, err
	}
	if hits := flat(sections); len(hits) == 1 && hits[0].URL != "" {
		return nil, &shell.Redirect{To: hits[0].URL}
	}
	title := shell.Plural(int64(len(flat(sections))), "hit") + " for " + text
	return &shell.Page{Title: title, Content: templates.Content("search.html", page{text, sections})}, nil
}

// flat returns the hits of all sections.
func flat(sections []section) (all []hit) {
	for _, s := range sections {
		all = append(all, s.Hits...)
	}
	return all
}
