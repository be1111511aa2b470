// SPDX-License-Identifier: Apache-2.0

package apply_test

import (
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/apply"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// served returns the pages of a new database, its registry, and a function that makes tokens.
func served(t *testing.T) (http.Handler, *registry.DB, func(roles ...auth.Role) string) {
	t.Helper()
	st := sqlite.OpenMemory(t.Name())
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	private, _, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	desk := &apply.Desk{Registry: registry.Of(st), Auth: &auth.Checker{Keys: func() *auth.Keys { return keys }}, Log: log, Now: time.Now}
	f := front.New(front.Limits{})
	apply.Routes(f, &shell.Shell{Store: st, Log: log, Now: time.Now, Tokens: true}, desk)
	return f, desk.Registry, func(roles ...auth.Role) string {
		text, err := keys.Sign(auth.Token{Origins: []string{"ci"}, Roles: roles, Expires: time.Now().Add(time.Hour)}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// post sends a form from an address, as the pages of a site do.
func post(h http.Handler, path, from, site string, form url.Values) (int, string) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":1"
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String())
}

var shown = regexp.MustCompile(`<code>([A-Z2-7]{26}|eyJ[^<]*)</code>`)

// TestPages follows a request by the pages, from the form to the token.
func TestPages(t *testing.T) {
	h, db, token := served(t)
	const form, admin, from = "/submit-results/origin", "/submit-results/requests", "192.0.2.1"
	is := func(step string, wantCode int, want, path, site string, values url.Values) string {
		t.Helper()
		code, body := post(h, path, from, site, values)
		if code != wantCode || !strings.Contains(body, want) {
			t.Errorf("%s: %d, want %d with %q:\n%s", step, code, wantCode, want, body)
		}
		return body
	}
	request := url.Values{"name": {"my_lab"}, "contact": {"lab@example.org"}}
	is("another site", 403, "from another site", form, "cross-site", request)
	is("bad name", 400, "lower-case", form, "same-origin", url.Values{"name": {"<b>"}, "contact": {"lab@example.org"}})
	found := shown.FindStringSubmatch(is("request", 200, "It is shown once", form, "same-origin", request))
	if found == nil {
		t.Fatal("no code is shown")
	}
	is("too early", 409, "has not decided", form, "same-origin", url.Values{"code": {found[1]}})

	is("no token", 401, "not valid", admin, "same-origin", url.Values{})
	is("no administrator", 403, "no role admin", admin, "same-origin", url.Values{"token": {token(auth.Submit)}, "approve": {"my_lab"}})
	boss := token(auth.Admin)
	is("another site approves", 403, "from another site", admin, "cross-site", url.Values{"token": {boss}, "approve": {"my_lab"}})
	is("list", 200, "lab@example.org", admin, "same-origin", url.Values{"token": {boss}})
	is("approve", 200, "Decided about", admin, "same-origin", url.Values{"token": {boss}, "approve": {"my_lab"}})
	is("approve again", 200, "no such request", admin, "same-origin", url.Values{"token": {boss}, "approve": {"my_lab"}})
	if got := shown.FindStringSubmatch(is("fetch", 200, "keep it", form, "same-origin", url.Values{"code": {found[1]}})); got == nil {
		t.Error("no token is shown")
	} else if _, known, err := db.Token(t.Context(), auth.ID(got[1])); !known || err != nil {
		t.Errorf("the token is not recorded: %v", err)
	}
	is("fetch again", 404, "no such request", form, "same-origin", url.Values{"code": {found[1]}})
	for _, path := range []string{form, admin} {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil)); w.Code != 200 || !strings.Contains(w.Body.String(), "<form") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestRequestsAreBounded: an address may ask a few times in an hour.
func TestRequestsAreBounded(t *testing.T) {
	h, _, _ := served(t)
	for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
		values := url.Values{"name": {name}, "contact": {"lab@example.org"}}
		want := 200
		if i == 5 {
			want = 429
		}
		if code, body := post(h, "/origins/request", "192.0.2.1", "", values); code != want {
			t.Errorf("request %d: %d %s", i+1, code, body)
		}
	}
	if code, body := post(h, "/origins/request", "192.0.2.2", "", url.Values{"name": {"f"}, "contact": {"lab@example.org"}}); code != 200 {
		t.Errorf("another address: %d %s", code, body)
	}
	if code, body := post(h, "/origins/token", "192.0.2.2", "", url.Values{"code": {strings.Repeat("x", 20<<10)}}); code != 400 {
		t.Errorf("a large form: %d %s", code, body)
	}
}
