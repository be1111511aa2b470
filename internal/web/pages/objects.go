// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/mail"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/view"
	"github.com/kcidb-go/kcidb/internal/web"
	"github.com/kcidb-go/kcidb/object"
)

// objectTime is how long a page of an object may take.
const objectTime = 20 * time.Second

// objectPaths are what the paths of objects' pages begin with, as describe.Link
// has them.
var objectPaths = []object.Type{
	object.TypeRevision, object.TypeCheckout, object.TypeBuild, object.TypeTest, object.TypeIssue, object.TypeIncident,
}

// object is the page of an object: what is known of it, in words.
func (p *Pages) object(w http.ResponseWriter, r *http.Request) {
	ref, ok := refOf(r.URL.EscapedPath())
	objects, can := p.Store.(store.Objects)
	if !ok || !can {
		web.NotFound(w, r)
		return
	}
	page, err := p.describe(r, objects, ref)
	switch {
	case err != nil:
		p.Log.Error("no page of an object", "object", ref.String(), "error", err)
		p.notice(w, r, http.StatusServiceUnavailable, "The database does not answer at the moment", "Try again in a while. What is in it is safe.")
	case page == nil:
		p.notice(w, r, http.StatusNotFound, "Not known",
			fmt.Sprintf("There is no %s in the database, or not any more.", strings.ReplaceAll(ref.String(), "_", " ")))
	default:
		send(w, r, "text/html; charset=utf-8", "public, max-age=30", page)
	}
}

// describe returns the page, nil where there is no such object.
func (p *Pages) describe(r *http.Request, objects store.Objects, ref object.Ref) ([]byte, error) {
	ctx, cancel := contextWithin(r, objectTime)
	defer cancel()
	world := view.New(ctx, objects)
	found, err := world.Find(ref)
	if err != nil {
		return nil, err
	}
	o := found[0]
	if !o.Known() {
		return nil, world.Err()
	}
	base := p.base(r)
	title, err := describe.Summary(o)
	if err != nil {
		return nil, err
	}
	text, err := describe.Description(o, base)
	if err != nil {
		return nil, err
	}
	status, err := o.Status()
	if err != nil {
		return nil, err
	}
	return p.render(plain{Title: title, Type: strings.ReplaceAll(string(ref.Type), "_", " "), Class: strings.ToLower(status), Text: mail.Linked(text)}), nil
}

// plain is a page of one text.
type plain struct {
	Style, Title, Type, Class string
	Text                      template.HTML
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
func (p *Pages) notice(w http.ResponseWriter, r *http.Request, code int, title, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		w.Write(p.render(plain{Title: title, Text: mail.Linked(text)}))
	}
}

// base is the URL that links begin with.
func (p *Pages) base(r *http.Request) string {
	if p.Base != "" {
		return strings.TrimSuffix(p.Base, "/")
	}
	return address(r)
}

// refOf names the object that a path is of: /TYPE/ID, with a second part for the
// patches of a revision and the version of an issue.
func refOf(path string) (ref object.Ref, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range parts {
		var err error
		if parts[i], err = url.PathUnescape(parts[i]); err != nil {
			return ref, false
		}
	}
	if len(parts) < 2 || len(parts) > 3 || parts[1] == "" {
		return ref, false
	}
	ref = object.Ref{Type: object.Type(parts[0]), ID: object.ID{parts[1]}}
	if len(parts) == 3 {
		ref.ID[1] = parts[2]
		switch ref.Type {
		case object.TypeRevision:
		case object.TypeIssue:
			version, err := strconv.ParseInt(parts[2], 10, 32)
			if err != nil || version < 0 {
				return ref, false
			}
			ref = object.IssueVersionRef(parts[1], int(version))
		default:
			return ref, false
		}
	}
	return ref, true
}
