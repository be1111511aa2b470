// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// frame is the data of the layout: a page with its frame.
type frame struct {
	*Page
	Sections []section
	Main     template.HTML
	Query    string // of the search
	Now      time.Time
	// Permalink is the URL of the view; Still keeps it as it is now, "" if the page has
	// no such URL.
	Permalink, Still string
	Style, Script    string // the URLs of the style sheet and of the script
}

// Name is the name of the document: the title of the page without a full stop, and the site.
func (f frame) Name() string {
	title := Line(f.Title)
	if !strings.HasSuffix(title, "..") {
		title = strings.TrimSuffix(title, ".")
	}
	return title + " - KCIDB"
}

// section is a part of the bar. Key is the letter that leads there after "g", "" for none.
type section struct{ Text, URL, Key string }

var sections = []section{
	{"Trees", "/", "t"}, {"Hardware", "/hardware", "h"}, {"Issues", "/issues", "i"},
	{"Labs", "/labs", ""}, {"Origins", "/origins", ""}, {"Statistics", "/statistics", ""},
}

// frame writes a page with its frame.
func (s *Shell) frame(w io.Writer, r *http.Request, page *Page) {
	var main bytes.Buffer
	page.Content.write(&main)
	f := frame{
		Page: page, Sections: sections, Main: template.HTML(main.String()), Now: s.Now().UTC(),
		Permalink: r.URL.RequestURI(), Style: styleURL(), Script: scriptURL(),
	}
	if r.URL.Path == "/search" {
		f.Query = r.URL.Query().Get("q")
	}
	if page.CanBeStill && page.Status == 0 {
		f.Still = WithValues(r.URL.EscapedPath(), withAsOf(r.URL.Query(), f.Now))
	}
	templates.Content("layout.html", f).write(w)
}

// withAsOf returns parameters with the time, unless they have a time already.
func withAsOf(values url.Values, now time.Time) url.Values {
	if !values.Has(AsOf) {
		values.Set(AsOf, now.Format(time.RFC3339))
	}
	return values
}
