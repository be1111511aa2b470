// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Readers say who may read, and who reads what. The zero value lets everyone read the same.
type Readers struct {
	// Cookie is the name of the cookie that has the token of a person, "" for none. Answers
	// to a request with a token, in the cookie or in the header Authorization, are made for
	// its client alone, and no cache may give them to others.
	Cookie string
	// May reports whether a client may read; nil if all may. All others get status 401, and
	// browsers are sent to LoginPath. The paths in Open are for all.
	May  func(*http.Request) bool
	Open []string
	// Insider reports whether a client gets the answers of the inner front; see Within.
	Insider func(*http.Request) bool
}

// LoginPath and LogoutPath are the paths to log in and out. LoginPath has the parameter "to",
// the address to return to.
const (
	LoginPath  = "/login"
	LogoutPath = "/logout"
)

// Within gives the front an inner one, which answers insiders: see Readers.
func (f *Front) Within(inner *Front) { f.inner = inner }

// forReader returns the front that answers a request.
func (f *Front) forReader(r *http.Request) *Front {
	if f.inner != nil && f.limits.Readers.Insider(r) {
		return f.inner
	}
	return f
}

// hasToken reports whether a request has a token, valid or not.
func (l *Limits) hasToken(r *http.Request) bool {
	if r.Header["Authorization"] != nil {
		return true
	}
	if l.Readers.Cookie == "" {
		return false
	}
	_, err := r.Cookie(l.Readers.Cookie)
	return err == nil
}

// vary is the header Vary of all answers.
func (l *Limits) vary() string {
	if l.Readers.Cookie == "" {
		return "Accept-Encoding"
	}
	return "Accept-Encoding, Authorization, Cookie"
}

// mustLogIn refuses a request to read whose client may not read, and reports whether it did.
// Browsers are sent to the page to log in.
func (v *request) mustLogIn(w http.ResponseWriter, r *http.Request) bool {
	k, readers := v.slots.kind, v.limits.Readers
	if !k.reads() || readers.May == nil || slices.Contains(readers.Open, r.URL.Path) || readers.May(r) {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", v.limits.vary())
	if k == Page && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, LoginPath+"?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return true
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, k, http.StatusUnauthorized, "Reading needs a token: send it as Authorization: Bearer TOKEN, or log in at "+LoginPath)
	return true
}
