// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// world is a service with the page to log in, and the keys of its tokens.
type world struct {
	*pagestest.World
	keys    *auth.Keys
	checker *auth.Checker
	revoked atomic.Bool // all tokens are
}

func newWorld(t *testing.T) *world {
	t.Helper()
	private, _, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	if w.keys, err = auth.ParseKeys(private); err != nil {
		t.Fatal(err)
	}
	w.checker = &auth.Checker{
		Keys: func() *auth.Keys { return w.keys }, Now: func() time.Time { return pagestest.Now },
		Revoked: func(context.Context, string) bool { return w.revoked.Load() },
	}
	routes := func(f *front.Front, s *shell.Shell) { Routes(f, s, w.checker) }
	w.World = pagestest.New(t, routes)
	w.Shell.Reader = func(r *http.Request) string {
		token, _ := TokenOf(w.checker, r)
		return NameOf(token)
	}
	w.Serve(routes)
	return w
}

// token returns a token that expires after a time.
func (w *world) token(t *testing.T, after time.Duration, roles ...auth.Role) string {
	t.Helper()
	text, err := w.keys.Sign(auth.Token{Origins: []string{"ci", "lab_7"}, Roles: roles, Expires: pagestest.Now.Add(after)}, pagestest.Now)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// browser is a client that keeps cookies and follows no redirects.
type browser struct {
	*http.Client
	url string
}

func newBrowser(t *testing.T, w *world) *browser {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, server.URL}
}

// send sends a form, or asks for a page without one, and returns the answer with its body.
func (b *browser) send(t *testing.T, path string, form url.Values, headers ...string) (*http.Response, string) {
	t.Helper()
	method, body := "GET", io.Reader(nil)
	if form != nil {
		method, body = "POST", strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// TestLogin logs in, reads, and logs out.
func TestLogin(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	if _, page := b.send(t, "/login?to=%2Fissues%3Fq%3Da", nil); !strings.Contains(page, `name="to" value="/issues?q=a"`) || !strings.Contains(page, ">Log in</a>") {
		t.Errorf("the form:\n%s", page)
	}
	token := w.token(t, time.Hour, auth.Read, auth.Submit)
	answer, _ := b.send(t, "/login", url.Values{"token": {" " + token + "\n"}, "to": {"/issues?q=a"}})
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/issues?q=a" {
		t.Errorf("%d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	cookies := answer.Cookies()
	if len(cookies) != 1 || cookies[0].Name != Cookie || cookies[0].Value != token || !cookies[0].HttpOnly || cookies[0].Secure ||
		cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/" || !cookies[0].Expires.Equal(pagestest.Now.Add(time.Hour).Truncate(time.Second)) {
		t.Errorf("the cookies are %v", cookies)
	}
	b.Jar.SetCookies(answer.Request.URL, []*http.Cookie{{Name: Cookie, Value: token, Path: "/"}}) // whenever the test runs
	if _, page := b.send(t, "/login", nil); !strings.Contains(page, "You read as ci, lab_7") || !strings.Contains(page, auth.ID(token)) || strings.Contains(page, token) {
		t.Errorf("logged in:\n%s", page)
	}
	w.revoked.Store(true)
	if _, page := b.send(t, "/login", nil); strings.Contains(page, "You read as") {
		t.Errorf("with a revoked token:\n%s", page)
	}
	w.revoked.Store(false)
	if _, page := b.send(t, "/logout", nil); page != "" && !strings.Contains(page, "Found") {
		t.Errorf("asking for the page to log out: %s", page)
	}
	answer, _ = b.send(t, "/logout", url.Values{})
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" || answer.Header.Get("Cache-Control") == "" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	if _, page := b.send(t, "/login", nil); !strings.Contains(page, `name="token"`) {
		t.Errorf("logged out:\n%s", page)
	}
}

// TestSecureCookie: over HTTPS the cookie is never sent without.
func TestSecureCookie(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewTLSServer(w)
	defer server.Close()
	b := newBrowser(t, w)
	b.url, b.Transport = server.URL, server.Client().Transport
	answer, _ := b.send(t, "/login", url.Values{"token": {w.token(t, time.Hour, auth.Read)}})
	if cookies := answer.Cookies(); len(cookies) != 1 || !cookies[0].Secure {
		t.Errorf("%v", cookies)
	}
}

func TestRefusedTokens(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	for _, token := range []string{"", "x", "a.b.c", w.token(t, -time.Hour, auth.Read), "<b>"} {
		answer, page := b.send(t, "/login", url.Values{"token": {token}, "to": {"/labs"}})
		if answer.StatusCode != http.StatusUnauthorized || len(answer.Cookies()) > 0 || !strings.Contains(page, "The token is not valid: ") || !strings.Contains(page, `value="/labs"`) {
			t.Errorf("%q: %d\n%s", token, answer.StatusCode, page)
		}
		if token != "" && strings.Contains(page, token+"<") {
			t.Errorf("the page shows the token %q", token)
		}
	}
	if answer, _ := b.send(t, "/login", url.Values{"token": {strings.Repeat("x", 16<<10)}}); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a large form: %d", answer.StatusCode)
	}
}

// TestOtherSites: pages of other sites log no reader in or out.
func TestOtherSites(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	for _, path := range []string{"/login", "/logout"} {
		for _, headers := range [][]string{{"Origin", "https://evil.example.org"}, {"Sec-Fetch-Site", "cross-site"}} {
			answer, _ := b.send(t, path, url.Values{"token": {w.token(t, time.Hour, auth.Read)}}, headers...)
			if answer.StatusCode != http.StatusForbidden || len(answer.Cookies()) > 0 {
				t.Errorf("%s with %s: %d, %v", path, headers[0], answer.StatusCode, answer.Cookies())
			}
		}
	}
}

func TestTokenOf(t *testing.T) {
	w := newWorld(t)
	good, bad := w.token(t, time.Hour, auth.Read), w.token(t, -time.Hour, auth.Read)
	for _, c := range []struct {
		name, header, cookie string
		want                 bool
	}{
		{"nothing", "", "", false}, {"header", "Bearer " + good, "", true}, {"cookie", "", good, true}, {"password of a proxy", "Basic eDp5", good, true},
		{"expired header", "Bearer " + bad, "", false}, {"expired cookie", "", bad, false}, {"not a token", "Bearer", "x", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: Cookie, Value: c.cookie})
		}
		if token, ok := TokenOf(w.checker, r); ok != c.want || ok && token.Origin() != "ci" {
			t.Errorf("%s: %v, %v", c.name, token, ok)
		}
	}
}

func TestOurs(t *testing.T) {
	for to, want := range map[string]string{
		"": "/", "/": "/", "/issues?q=a%26b&c=d": "/issues?q=a%26b&c=d", "/tree/a%2Fb": "/tree/a%2Fb", "/a//b": "/a//b",
		"//evil.example.org": "/", "///evil.example.org": "/", `/\evil.example.org`: "/", "/%5Cevil.example.org": "/", "/%2Fevil.example.org": "/",
		"https://evil.example.org/": "/", "javascript:alert(1)": "/", "evil.example.org": "/", "/\tevil": "/", "/login?to=%2F": "/", "/logout": "/", "/a\r\nSet-Cookie: b": "/", "http:/a": "/",
	} {
		if got := ours(to); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the page in a browser.
func TestLooks(t *testing.T) { newWorld(t).Looks(t, "/login?to=%2Fissues") }
