// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// frame is the data of the layout: a page with its frame.
type frame struct {
	*Page
	Sections      []section
	Main          template.HTML
	Query         string    // of the search
	Now           time.Time // the time of the data
	Style, Script string    // the URLs of the style sheet and of the script

	// CanLogIn says that readers may log in, and Reader in whose name this one reads, "" if
	// not logged in.
	CanLogIn bool
	// SandboxDays is after how many days results are removed, 0 for pages of no sandbox.
	SandboxDays int
	Reader      string

	url *url.URL // of the request
}

// LoginURL returns the URL of the page to log in that returns to this page.
func (f frame) LoginURL() string {
	if f.url.Path == front.LoginPath {
		return front.LoginPath
	}
	return front.LoginPath + "?to=" + url.QueryEscape(f.url.RequestURI())
}

// Name is the name of the document: the title of the page without a full stop, and the site.
func (f frame) Name() string {
	title := Line(f.Title)
	if !strings.HasSuffix(title, "..") {
		title = strings.TrimSuffix(title, ".")
	}
	if f.SandboxDays > 0 {
		title += " - sandbox"
	}
	return title + " - KCIDB"
}

// section is a part of the bar. Key is the letter that leads there after "g", "" for none.
type section struct{ Text, URL, Key string }

var sections = []section{
	{"Trees", "/", "t"}, {"Hardware", "/hardware", "h"}, {"Issues", "/issues", "i"},
	{"Labs", "/labs", ""}, {"Origins", "/origins", ""}, {"Statistics", "/statistics", ""},
}

// frame returns a page with its frame.
func (s *Shell) frame(r *http.Request, page *Page) frame {
	var main bytes.Buffer
	page.Content.write(&main)
	f := frame{
		Page: page, Sections: sections, Main: template.HTML(main.String()), Now: s.Now().UTC(),
		Style: styleURL(), Script: scriptURL(), SandboxDays: s.SandboxDays, url: r.URL,
	}
	if s.Reader != nil {
		f.CanLogIn, f.Reader = true, s.Reader(r)
	}
	if r.URL.Path == "/search" {
		f.Query = r.URL.Query().Get("q")
	}
	return f
}

// Permalink returns the URL of the view.
func (f frame) Permalink() string { return f.url.RequestURI() }

// Still returns the URL that keeps the view as it is now, "" for a page without such a URL.
func (f frame) Still() string {
	if !f.CanBeStill || f.Status != 0 {
		return ""
	}
	values := f.url.Query()
	if !values.Has(AsOf) {
		values.Set(AsOf, f.Now.Format(time.RFC3339))
	}
	return WithValues(f.url.EscapedPath(), values)
}

// document returns the page as HTML.
func (f frame) document() []byte {
	var document bytes.Buffer
	templates.Content("layout.html", f).write(&document)
	return document.Bytes()
}

// tag returns the ETag of the page. It stays the same until the page says something else:
// the time of the data is no part of it, so it is weak.
func (f frame) tag() string {
	f.Now = time.Time{}
	sum := sha256.Sum256(f.document())
	return fmt.Sprintf(`W/"%x"`, sum[:12])
}
