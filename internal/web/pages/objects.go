// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/object"
)

// objectTime is how long a page of an object may take.
const objectTime = 20 * time.Second

// object is the page of an object: what is known of it, in words.
func (p *Pages) object(w http.ResponseWriter, r *http.Request) {
	ref, ok := pageurl.Parse(r.URL.EscapedPath())
	if !ok {
		front.NotFound(w, r)
		return
	}
	page, known, err := p.describe(r, ref)
	switch {
	case err != nil && r.Context().Err() != nil: // the visitor is gone
	case err != nil:
		p.Log.Error("no page of an object", "object", ref.String(), "error", err)
		p.notice(w, http.StatusServiceUnavailable, plain{
			Title: "The database does not answer at the moment", Note: "Try again in a while. What is in it is safe."})
	case !known:
		p.notice(w, http.StatusNotFound, page)
	default:
		send(w, "text/html; charset=utf-8", "public, max-age=30", p.render(page))
	}
}

// describe returns the page of an object, which says so where it is not known.
func (p *Pages) describe(r *http.Request, ref object.Ref) (page plain, known bool, err error) {
	ctx, cancel := contextWithin(r, objectTime)
	defer cancel()
	g := graph.New(ctx, p.Store)
	found, err := g.Find(ref)
	if err != nil {
		return page, false, err
	}
	o := found[0]
	page.Type = strings.ReplaceAll(string(ref.Type), "_", " ")
	text, err := describe.Description(o, p.base(r))
	if err != nil {
		return page, false, err
	}
	if !o.Known() {
		page.Title, page.Note = "Not known", strings.TrimSpace(text)
		return page, false, nil
	}
	page.Lines = linesOf(text)
	if page.Title, err = describe.Summary(o); err != nil {
		return page, false, err
	}
	status, err := o.Status()
	page.Class = strings.ToLower(status)
	return page, true, err
}

// plain is a page of one text.
type plain struct {
	Style, Title, Type, Class string
	Lines                     []line
	Note                      string // in place of lines
}

// line is a line of a text. Its class says where it goes on below where it is
// wider than the window.
type line struct {
	Class string
	Text  template.HTML
}

// field is what a line begins with that has a name and a value, which describe
// aligns.
var field = regexp.MustCompile(`^[A-Z][A-Za-z ]*: +`)

// valueColumn is where values begin.
const valueColumn = 14

func linesOf(text string) []line {
	var lines []line
	for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		indent := min(len(l)-len(strings.TrimLeft(l, " ")), valueColumn) / 2 * 2
		if len(field.FindString(l)) == valueColumn {
			indent = valueColumn
		}
		lines = append(lines, line{fmt.Sprintf("in%d", indent), mail.Linked(l)})
	}
	return lines
}

var plainTemplate = template.Must(template.ParseFS(files, "plain.html"))

func (p *Pages) render(page plain) []byte {
	page.Style = tag(style)
	var b bytes.Buffer
	if err := plainTemplate.Execute(&b, page); err != nil {
		panic(fmt.Errorf("page of a text: %w", err))
	}
	return b.Bytes()
}

// notice answers with a page that says why there is no other.
func (p *Pages) notice(w http.ResponseWriter, code int, page plain) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	w.Write(p.render(page))
}

// base is the URL that links begin with.
func (p *Pages) base(r *http.Request) string {
	if p.Base != "" {
		return strings.TrimSuffix(p.Base, "/")
	}
	return address(r)
}
