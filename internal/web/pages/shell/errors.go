// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"net/http"
)

// Redirect is the error of a view whose page has another URL.
type Redirect struct {
	To     string
	Cookie *http.Cookie // for the browser to keep; nil for none
}

func (r *Redirect) Error() string { return "the page is at " + r.To }

// Refusal is the error of a view that has no page for a request. It says what is wrong
// and what the reader can do.
type Refusal struct {
	Status      int
	Title, Help string
	Search      string // what the search of the page begins with
}

func (r *Refusal) Error() string { return r.Title }

// NotFound returns the refusal of something that the database does not have.
func NotFound(title, help string) error {
	return &Refusal{Status: http.StatusNotFound, Title: title, Help: help}
}

// BadValue returns the refusal of a parameter's value.
func BadValue(name, value, expected string) error {
	return &Refusal{Status: http.StatusBadRequest, Title: fmt.Sprintf("%s=%s selects nothing", name, shorten(value)),
		Help: "Expected " + expected + ". Mend the address, or take the parameter out of it."}
}

// NeedCounts returns an error unless the database keeps the counts that most pages show.
func (s *Shell) NeedCounts() error {
	if s.Verdicts != nil && s.Answers != nil {
		return nil
	}
	return &Refusal{Status: http.StatusNotImplemented, Title: "The database of this service keeps no counts",
		Help: "Only pages of single objects by their ID exist here, such as /test/ID. The dashboards for Grafana show the rest."}
}

// notice returns the page that says why there is no page.
func (s *Shell) notice(refusal *Refusal) *Page {
	return &Page{Title: refusal.Title, Content: templates.Content("notice.html", refusal), Status: refusal.Status}
}
