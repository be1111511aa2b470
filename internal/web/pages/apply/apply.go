// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"embed"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

const (
	// FormPath is the path of the form. It is for readers without a token, too.
	FormPath  = "/submit-results/origin"
	adminPath = "/submit-results/requests"
)

// room has the pages.
type room struct {
	desk   *Desk
	client func(*http.Request) netip.Addr
}

// Routes adds the pages and the paths for programs to a front.
func Routes(f *front.Front, s *shell.Shell, d *Desk) {
	room := &room{d, f.Client}
	s.HandleForm(f, FormPath, room.form, room.sent)
	s.HandleForm(f, adminPath, room.gate, room.decide)
	f.Handle("/origins/request", front.Receipt, front.Methods{http.MethodPost: room.request})
	f.Handle("/origins/token", front.Receipt, front.Methods{http.MethodPost: room.token})
}

// formPage is the page with the forms of an origin.
type formPage struct {
	Name, Contact string // as sent
	Fault         string
	Code          string // of a new request
	Token         string // that was fetched
}

func (p *formPage) page(status int) *shell.Page {
	return &shell.Page{
		Title: "Ask for a token", Crumbs: []shell.Link{{Text: "Submit results", URL: "/submit-results"}, {Text: "Ask for a token"}},
		Content: templates.Content("form.html", p), Status: status,
	}
}

// only returns an error unless a request has the path of a page.
func only(r *http.Request, path string) error {
	if r.URL.Path != path {
		return shell.NotFound("No such page", "The form to ask for a token is at "+FormPath+".")
	}
	return nil
}

func (m *room) form(r *http.Request) (*shell.Page, error) {
	return new(formPage).page(0), only(r, FormPath)
}

// sent answers the forms: a request, or the code of an earlier request.
func (m *room) sent(r *http.Request) (*shell.Page, error) {
	if err := errors.Join(only(r, FormPath), shell.ReadForm(r, FormPath)); err != nil {
		return nil, err
	}
	p := &formPage{Name: r.PostForm.Get("name"), Contact: r.PostForm.Get("contact")}
	var err error
	if code := r.PostForm.Get("code"); code != "" {
		p.Token, err = m.desk.Fetch(r.Context(), code)
	} else {
		p.Code, err = m.desk.Request(r.Context(), m.client(r), p.Name, p.Contact)
	}
	if f := faultOf(err); f != nil {
		p.Fault = f.text
		return p.page(f.status), nil
	}
	return p.page(0), err
}

// adminPage is the page with the requests. Without a token it asks for one.
type adminPage struct {
	Token    string
	Fault    string
	Done     string
	Requests []registry.Origin
}

func (p *adminPage) page(status int) *shell.Page {
	return &shell.Page{
		Title: "Requests for tokens", Crumbs: []shell.Link{{Text: "Submit results", URL: "/submit-results"}, {Text: "Requests for tokens"}},
		Content: templates.Content("admin.html", p), Status: status,
	}
}

func (m *room) gate(r *http.Request) (*shell.Page, error) {
	return new(adminPage).page(0), only(r, adminPath)
}

// decide shows the requests to an administrator, after approving or refusing one of them.
func (m *room) decide(r *http.Request) (*shell.Page, error) {
	if err := errors.Join(only(r, adminPath), shell.ReadForm(r, adminPath)); err != nil {
		return nil, err
	}
	ctx := r.Context()
	p := &adminPage{Token: strings.TrimSpace(r.PostForm.Get("token"))}
	admin, err := m.desk.Auth.Check(ctx, p.Token)
	if err != nil {
		return (&adminPage{Fault: "The token is not valid: " + err.Error() + "."}).page(http.StatusUnauthorized), nil
	}
	if !admin.Roles.Has(auth.Admin) {
		return (&adminPage{Fault: "The token has no role admin."}).page(http.StatusForbidden), nil
	}
	for _, verb := range []string{"approve", "refuse"} {
		name := r.PostForm.Get(verb)
		if name == "" {
			continue
		}
		err := m.desk.decide(ctx, admin, name, verb == "approve")
		if f := faultOf(err); f != nil {
			p.Fault = f.text
		} else if err != nil {
			return nil, err
		} else {
			p.Done = name
		}
	}
	all, err := m.desk.Registry.Origins(ctx)
	for _, o := range all {
		if o.State == registry.Requested {
			p.Requests = append(p.Requests, o)
		}
	}
	return p.page(0), err
}
