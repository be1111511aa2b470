// SPDX-License-Identifier: Apache-2.0

// Package search has the page that finds anything: revisions, branches, tests, boards,
// issues, IDs, and lines that say why a test failed.
package search

import (
	"embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/kcidb-go/kcidb/internal/web/find"
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

// page is the data of search.html.
type page struct {
	Text     string
	Sections []section
}

func view(r *http.Request, s *shell.Shell) (*shell.Page, error) {
	text := strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("q"), ""))
	if len(text) > find.MaxText {
		return nil, &shell.Refusal{Status: http.StatusBadRequest, Title: "The text to search for is too long", Help: fmt.Sprintf("Search for at most %d bytes.", find.MaxText)}
	}
	if text == "" {
		return &shell.Page{Title: "Search", Content: templates.Content("search.html", page{})}, nil
	}
	if err := s.NeedCounts(); err != nil {
		return nil, err
	}
	finder := &find.Finder{Store: s.Store, Answers: s.Answers, Verdicts: s.Verdicts, Now: s.Now}
	found, err := finder.Find(r.Context(), text)
	if err != nil {
		return nil, err
	}
	sections := sectionsOf(found, text, s.Now())
	if hits := flat(sections); len(hits) == 1 && hits[0].URL != "" {
		return nil, &shell.Redirect{To: hits[0].URL}
	}
	title := shell.Plural(int64(len(flat(sections))), "hit") + " for " + text
	return &shell.Page{Title: title, Content: templates.Content("search.html", page{text, sections}), JSON: shell.WithQuery("/api/search", "q", text)}, nil
}

// flat returns the hits of all sections.
func flat(sections []section) (all []hit) {
	for _, s := range sections {
		all = append(all, s.Hits...)
	}
	return all
}
