// SPDX-License-Identifier: Apache-2.0

package result

import (
	"net/http"
	"net/url"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// logPage is the page of the whole excerpt of a log.
type logPage struct {
	Name, Of, Back string // the result, its type, and its page
	LogURL         string // of the whole log, "" for none
	Copy           *logCopy
	Size           int64 // of the excerpt, in bytes
	Log            *shell.Log
}

// logCopy is the copy of a log that the service keeps.
type logCopy struct {
	URL  string
	Made time.Time
}

// copyOf returns the copy of the log at a URL; nil for none.
func (s *room) copyOf(r *http.Request, of string) (*logCopy, error) {
	if s.Copied == nil || of == "" {
		return nil, nil
	}
	made, err := s.Copied(r.Context(), of)
	if err != nil || made.IsZero() {
		return nil, err
	}
	return &logCopy{"/api/proxy?" + url.Values{"url": {of}}.Encode(), made}, nil
}

// testLog is the page of the log of a test.
func (s *room) testLog(r *http.Request, id string) (*shell.Page, error) {
	t, err := s.findTest(r, id)
	if err != nil {
		return nil, err
	}
	return s.logOf(r, logPage{Name: t.Path(), Of: "test", Back: shell.TestURL(id), LogURL: t.Log()}, t.Excerpt(), t.Path())
}

// buildLog is the page of the log of a build.
func (s *room) buildLog(r *http.Request, id string) (*shell.Page, error) {
	b, err := s.findBuild(r, id)
	if err != nil {
		return nil, err
	}
	return s.logOf(r, logPage{Name: joined(b.Architecture(), b.Config()), Of: "build", Back: shell.BuildURL(id), LogURL: b.Log()}, b.Excerpt(), "")
}

func (s *room) logOf(r *http.Request, page logPage, excerpt, path string) (_ *shell.Page, err error) {
	if page.Copy, err = s.copyOf(r, page.LogURL); err != nil {
		return nil, err
	}
	page.Log, page.Size, page.LogURL = shell.LogOf(excerpt, path), int64(len(excerpt)), shell.Outside(page.LogURL)
	if page.Name == "" {
		page.Name = page.Of
	}
	return &shell.Page{
		Title: "Log of " + page.Name, Section: "Trees", Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: page.Name, URL: page.Back}, {Text: "log"}},
		Content: templates.Content("log.html", &page),
	}, nil
}
