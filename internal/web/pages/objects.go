// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/object"
)

// objectTime bounds how long a page of an object takes.
const objectTime = 20 * time.Second

// object answers with the page of an object.
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
		p.sendNotice(w, http.StatusServiceUnavailable, objectPage{
			Title: "The database does not answer at the moment", Body: "<p>Try again in a while. What is in it is safe.</p>\n"})
	case !known:
		p.sendNotice(w, http.StatusNotFound, page)
	default:
		send(w, "text/html; charset=utf-8", "public, max-age=30", p.render(page))
	}
}

// describe returns the page of an object. The page of an unknown object says that it is
// unknown.
func (p *Pages) describe(r *http.Request, ref object.Ref) (page objectPage, known bool, err error) {
	ctx, cancel := contextWithin(r, objectTime)
	defer cancel()
	found, err := graph.New(ctx, p.Store).Find(ref)
	if err != nil {
		return page, false, err
	}
	o := found[0]
	page.Type = strings.ReplaceAll(string(ref.Type), "_", " ")
	description, err := describe.Description(o, p.shell().HomeURL(r))
	if err != nil {
		return page, false, err
	}
	page.Body = description.HTML()
	if !o.Known() {
		page.Title = "Not known"
		return page, false, nil
	}
	if page.Title, err = describe.Summary(o); err != nil {
		return page, false, err
	}
	status, err := o.Status()
	page.Class = strings.ToLower(status)
	return page, true, err
}

// objectPage is the page of an object, or the notice instead of a page.
type objectPage struct {
	Title, Type, Class string
	Body               template.HTML
}

var objectTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(files, "object.html")) })

func (p *Pages) render(page objectPage) []byte {
	var b bytes.Buffer
	if err := objectTemplate().Execute(&b, page); err != nil {
		panic(fmt.Errorf("page of an object: %w", err))
	}
	return b.Bytes()
}

// sendNotice answers with a page that says why there is no page of the object.
func (p *Pages) sendNotice(w http.ResponseWriter, code int, page objectPage) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	w.Write(p.render(page))
}
