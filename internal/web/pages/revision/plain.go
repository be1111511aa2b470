// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"html/template"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
)

// wholeHash is the least number of digits of a whole hash.
const wholeHash = 40

// plainPage is the data of the page of a revision without verdicts, with the text of mails
// about the revision.
type plainPage struct {
	Title string
	Body  template.HTML
}

// plain returns the page of a revision by its whole hash, without verdicts: the database
// keeps none, or the revision waits to be registered, as each does after an upgrade.
func (r room) plain(req *http.Request, n name) (*shell.Page, error) {
	found, err := graph.New(req.Context(), r.Store).Find(object.RevisionRef(n.commit, n.patchset))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || !found[0].Known() {
		return nil, unknown(n)
	}
	title, err := describe.Summary(found[0])
	if err != nil {
		return nil, err
	}
	description, err := describe.Description(found[0], r.HomeURL(req))
	if err != nil {
		return nil, err
	}
	return &shell.Page{
		Title: title, Section: section, Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: shell.Short(n.commit)}},
		Content: templates.Content("plain.html", plainPage{title, description.HTML()}),
	}, nil
}
