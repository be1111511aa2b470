// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// viewTime bounds how long a view takes.
const viewTime = 20 * time.Second

// maxURL is the most bytes of a URL that the pages answer. The links of pages repeat the
// filter of their URL.
const maxURL = 8 << 10

func (s *Shell) handler(view View, params []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), viewTime)
		defer cancel()
		r = r.WithContext(ctx)
		page, err := s.view(r, view, params)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		s.send(w, r, page)
	}
}

// kin are the API call and the feed of a page by the suffix that leads there.
var kin = map[string]func(*Page) string{
	".json": func(p *Page) string { return p.JSON },
	".atom": func(p *Page) string { return p.Atom },
}

// view returns the page of a request. A path that ends in ".json" or ".atom" is that of
// the page's API call or feed, unless it is the path of a page.
func (s *Shell) view(r *http.Request, view View, params []string) (*Page, error) {
	if len(r.URL.RequestURI()) > maxURL {
		return nil, &Refusal{Status: http.StatusRequestURITooLong, Title: "The address is too long",
			Help: "An address of this service has at most 8,192 bytes. Take some values out of the filter."}
	}
	if err := canonical(r.URL, params); err != nil {
		return nil, err
	}
	page, err := view(r)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Status != http.StatusNotFound {
		return page, err
	}
	for suffix, of := range kin {
		path, ok := strings.CutSuffix(r.URL.EscapedPath(), suffix)
		if !ok {
			continue
		}
		page, plainErr := view(withPath(r, path))
		if plainErr != nil {
			return nil, plainErr
		}
		if to := of(page); to != "" {
			return nil, &Redirect{To: to}
		}
	}
	return nil, err
}

// withPath returns the request with another path, which is percent-encoded.
func withPath(r *http.Request, path string) *http.Request {
	other := r.Clone(r.Context())
	u, err := url.ParseRequestURI(path)
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	u.RawQuery = r.URL.RawQuery
	other.URL = u
	return other
}

// send answers with a page.
func (s *Shell) send(w http.ResponseWriter, r *http.Request, page *Page) {
	f := s.frame(r, page)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	if r.Method == http.MethodPost {
		h.Set("Cache-Control", "no-store")
	}
	if !page.Changed.IsZero() {
		h.Set("Last-Modified", page.Changed.UTC().Format(http.TimeFormat))
	}
	if page.Status != 0 {
		w.WriteHeader(page.Status)
	} else if r.Method == http.MethodGet {
		h.Set("ETag", f.tag())
	}
	w.Write(f.document())
}

// Missing answers a browser's request without a route with a page that says so. Programs
// get no body, as from the REST service that CI systems used before.
func (s *Shell) Missing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		front.NotFound(w, r)
		return
	}
	s.refuse(w, r, NotFound("No page has this address", "Search for a hash, a tree, a test, a board, an issue or an ID, or begin at the trees."))
}

// refuse answers with the page that an error asks for.
func (s *Shell) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var redirect *Redirect
	var refusal *Refusal
	switch {
	case errors.As(err, &redirect):
		w.Header().Set("Cache-Control", "no-cache")
		if redirect.Cookie != nil {
			http.SetCookie(w, redirect.Cookie)
		}
		status := http.StatusFound
		if r.Method == http.MethodPost {
			status = http.StatusSeeOther
		}
		http.Redirect(w, r, redirect.To, status)
		return
	case errors.As(err, &refusal):
	case errors.Is(r.Context().Err(), context.Canceled): // the reader is gone
		return
	default:
		s.Log.Error("no page", "path", r.URL.Path, "error", err)
		status, retryAfter := front.Failure(err)
		front.RetryAfter(w, retryAfter)
		refusal = &Refusal{Status: status, Title: "The database does not answer at the moment", Help: "Results that were sent are safe. Try again in a minute."}
		if status == http.StatusInternalServerError {
			refusal.Title = "This page cannot be shown at the moment"
			refusal.Help += " If that does not help, tell the administrator, who finds the reason in the log of the service."
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(refusal.Status)
	w.Write(s.frame(r, s.notice(refusal)).document())
}
