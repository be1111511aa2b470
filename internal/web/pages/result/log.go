// SPDX-License-Identifier: Apache-2.0

package result

import (
	"net/http"

	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// logPage is the page of the whole excerpt of a log.
type logPage struct {
	Name, Of, Back string // the result, its type, and its page
	LogURL         string // of the whole log, "" for none
	Size           int64  // of the excerpt, in bytes
	Log            *shell.Log
}

// testLog is the page of the log of a test.
func (s *room) testLog(r *http.Request, id string) (*shell.Page, error) {
	t, err := s.findTest(r, id)
	if err != nil {
		return nil, err
	}
	return logOf(logPage{Name: t.Path(), Of: "test", Back: shell.TestURL(id), LogURL: t.Log()}, t.Excerpt(), t.Path())
}

// buildLog is the page of the log of a build.
func (s *room) buildLog(r *http.Request, id string) (*shell.Page, error) {
	b, err := s.findBuild(r, id)
	if err != nil {
		return nil, err
	}
	return logOf(logPage{Name: joined(b.Architecture(), b.Config()), Of: "build", Back: shell.BuildURL(id), LogURL: b.Log()}, b.Excerpt(), "")
}

func logOf(page logPage, excerpt, path string) (*shell.Page, error) {
	page.Log, page.Size, page.LogURL = shell.LogOf(excerpt, path), int64(len(excerpt)), shell.Outside(page.LogURL)
	if page.Name == "" {
		page.Name = page.Of
	}
	return &shell.Page{
		Title: "Log of " + page.Name, Section: "Trees", Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: page.Name, URL: page.Back}, {Text: "log"}},
		Content: templates.Content("log.html", &page),
	}, nil
}
