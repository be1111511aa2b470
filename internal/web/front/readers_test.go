// SPDX-License-Identifier: Apache-2.0

package front

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// insiders are readers with a header or a cookie.
var insiders = Readers{Cookie: "token", Insider: func(r *http.Request) bool {
	cookie, err := r.Cookie("token")
	return r.Header.Get("Authorization") == "Bearer in" || err == nil && cookie.Value == "in"
}}

func ask(f *Front, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// TestWithin gives insiders the answers of the inner front, in any order of requests, and
// others never.
func TestWithin(t *testing.T) {
	f := oneOfEach(Limits{Readers: insiders, Keep: time.Hour}, respondWith("outside"))
	inner := f.Beside()
	for k := range kinds {
		inner.Handle(fmt.Sprint("/", int(k)), k, respondWith("inside"))
	}
	f.Within(inner)
	for k := range kinds {
		for range 2 {
			for want, headers := range map[string][][]string{
				"outside": {nil, {"Authorization", "Bearer out"}, {"Cookie", "token=out"}, {"Cookie", "other=in"}},
				"inside":  {{"Authorization", "Bearer in"}, {"Cookie", "token=in"}},
			} {
				for _, headers := range headers {
					if w := ask(f, "GET", fmt.Sprint("/", int(k)), headers...); w.Body.String() != want {
						t.Errorf("kind %d with %q: %s, want %s", k, headers, w.Body, want)
					}
				}
			}
		}
	}
}

// TestAnswersToTokensArePrivate: no cache may keep answers to requests with a token, in the
// header or in the cookie, whatever the handler says.
func TestAnswersToTokensArePrivate(t *testing.T) {
	handler := func(cache string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if cache != "" {
				w.Header().Set("Cache-Control", cache)
			}
			io.WriteString(w, "x")
		}
	}
	for _, own := range []string{"", "public, max-age=60", "no-cache", "no-store"} {
		f := oneOfEach(Limits{Readers: insiders, Keep: time.Hour}, handler(own))
		for _, k := range []Kind{File, Page, Question, Pattern} {
			for _, headers := range [][]string{{"Authorization", "Bearer out"}, {"Cookie", "token=out"}} {
				w := ask(f, "GET", fmt.Sprint("/", int(k)), headers...)
				if got := w.Header().Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(got, "private,") {
					t.Errorf("kind %d, %q, with %s: %q", k, own, headers[0], got)
				}
				if got := w.Header().Get("Vary"); got != "Accept-Encoding, Authorization, Cookie" {
					t.Errorf("kind %d, with %s: Vary: %s", k, headers[0], got)
				}
			}
			if w := ask(f, "GET", fmt.Sprint("/", int(k))); own == "" && k.forPrograms() && w.Header().Get("Cache-Control") != freshFor {
				t.Errorf("kind %d, without a token: %q", k, w.Header().Get("Cache-Control"))
			}
		}
	}
}

// TestReadersLogIn refuses to answer readers who may not read, and no others.
func TestReadersLogIn(t *testing.T) {
	f := oneOfEach(Limits{Readers: Readers{Cookie: "token", May: insiders.Insider, Open: []string{LoginPath}}}, respondWith("x"))
	f.Handle(LoginPath, Page, respondWith("form"))
	for k := range kinds {
		path := fmt.Sprint("/", int(k))
		for _, headers := range [][]string{{"Authorization", "Bearer in"}, {"Cookie", "token=in"}} {
			if w := ask(f, "GET", path, headers...); w.Code != http.StatusOK {
				t.Errorf("kind %d, with %s: %d", k, headers[0], w.Code)
			}
		}
		for _, method := range []string{"GET", "HEAD", "POST"} {
			w := ask(f, method, path)
			if k.reads() && (w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Bearer") || !k.reads() && w.Code != http.StatusOK {
				t.Errorf("%s of kind %d: %d %v", method, k, w.Code, w.Header())
			}
		}
	}
	w := ask(f, "GET", fmt.Sprintf("/%d?a=b&c", Page), "Accept", "text/html")
	if want := fmt.Sprintf("/login?to=%%2F%d%%3Fa%%3Db%%26c", Page); w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
		t.Errorf("a browser: %d, %q, want %q", w.Code, w.Header().Get("Location"), want)
	}
	if w := ask(f, "GET", LoginPath); w.Code != http.StatusOK || w.Body.String() != "form" {
		t.Errorf("the page to log in: %d %s", w.Code, w.Body)
	}
}
