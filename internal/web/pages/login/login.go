// SPDX-License-Identifier: Apache-2.0

// Package login has the page where a reader shows a token once. The browser keeps the token
// in a cookie, and each request is checked as if it had the token in the header
// Authorization. So a token that is revoked shows nothing from then on.
//
// The cookie is for reading only: nothing is submitted in the name of its token.
package login

import (
	"embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// Cookie is the name of the cookie with the token.
const Cookie = "kcidb_token"

// TokenOf returns the token by which a client reads: that in the header Authorization, or
// that in the cookie. It reports false without a valid token.
func TokenOf(checker *auth.Checker, r *http.Request) (auth.Token, bool) {
	if r.Header["Authorization"] != nil {
		if t, err := checker.Token(r.Context(), r.Header); err == nil {
			return t, true
		}
	}
	cookie, err := r.Cookie(Cookie)
	if err != nil {
		return auth.Token{}, false
	}
	t, err := checker.Check(r.Context(), cookie.Value)
	return t, err == nil
}

// room has the views.
type room struct {
	*shell.Shell
	auth *auth.Checker
}

// Routes adds the page to a front.
func Routes(f *front.Front, s *shell.Shell, checker *auth.Checker) {
	h := &room{s, checker}
	s.HandleForm(f, front.LoginPath, h.form, h.sent, "to")
	s.HandleForm(f, front.LogoutPath, func(*http.Request) (*shell.Page, error) { return nil, &shell.Redirect{To: front.LoginPath} }, h.logout)
}

// page is the data of login.html.
type page struct {
	To    string // where the reader goes next
	Fault string // why the token is refused, "" if it is not
	Token *auth.Token
}

// form answers with the form, or with the token in use.
func (h *room) form(r *http.Request) (*shell.Page, error) {
	if r.URL.Path != front.LoginPath {
		return nil, shell.NotFound("No such page", "The page to log in is at "+front.LoginPath+".")
	}
	p := page{To: ours(r.URL.Query().Get("to"))}
	if t, ok := TokenOf(h.auth, r); ok {
		p.Token = &t
	}
	return pageOf(p, 0), nil
}

func pageOf(p page, status int) *shell.Page {
	title := "Log in"
	if p.Token != nil {
		title = "Logged in as " + p.Name()
	}
	return &shell.Page{Title: title, Section: "Log in", Content: templates.Content("login.html", p), Status: status}
}

// Name returns in whose name the reader reads.
func (p page) Name() string { return NameOf(*p.Token) }

// NameOf returns the name of a token's owner: its origins.
func NameOf(t auth.Token) string { return strings.Join(t.Origins, ", ") }

// ReadsAll reports whether the token shows the results of private origins.
func (p page) ReadsAll() bool { return p.Token.Roles.Has(auth.Read) }

// sent answers the form.
func (h *room) sent(r *http.Request) (*shell.Page, error) {
	if err := shell.ReadForm(r, front.LoginPath); err != nil {
		return nil, err
	}
	text, to := strings.TrimSpace(r.PostForm.Get("token")), ours(r.PostForm.Get("to"))
	t, err := h.auth.Check(r.Context(), text)
	if err != nil {
		return pageOf(page{To: to, Fault: "The token is not valid: " + shell.Line(err.Error()) + "."}, http.StatusUnauthorized), nil
	}
	return nil, &shell.Redirect{To: to, Cookie: h.cookie(r, text, t.Expires)}
}

// logout makes the browser forget the token.
func (h *room) logout(r *http.Request) (*shell.Page, error) {
	if err := shell.ReadForm(r, front.LoginPath); err != nil {
		return nil, err
	}
	return nil, &shell.Redirect{To: "/", Cookie: h.cookie(r, "", time.Unix(1, 0))}
}

// cookie returns the cookie that has a token until a time.
func (h *room) cookie(r *http.Request, text string, until time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: Cookie, Value: text, Path: "/", Expires: until, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: front.Scheme(r) == "https",
	}
	if !until.After(h.Now()) {
		c.MaxAge = -1
	}
	return c
}

// ours returns the address of a page of this service, "/" for any other address.
func ours(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(to, "//") || strings.Contains(u.Path, `\`) || strings.HasPrefix(u.Path, "//") || u.Path == front.LoginPath || u.Path == front.LogoutPath {
		return "/"
	}
	return u.RequestURI()
}
