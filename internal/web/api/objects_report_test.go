// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// odd is every kind of character an ID may have.
const odd = `ci:é,&?#=%+ "<`

func sampleStore(t *testing.T) store.Store {
	t.Helper()
	st := sqlite.OpenMemory("test")
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	r := &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}},
		Builds:    []report.Build{{ID: "ci:b", Origin: "ci", CheckoutID: "ci:c"}, {ID: odd, Origin: "ci", CheckoutID: "ci:c"}},
		Tests:     []report.Test{{ID: "ci:t", Origin: "ci", BuildID: "ci:b"}},
		Issues:    []report.Issue{{ID: odd, Version: 2, Origin: "ci"}},
		Incidents: []report.Incident{{ID: "ci:n", Origin: "ci", IssueID: odd, IssueVersion: 2, TestID: new("ci:t")}},
	}
	if _, err := st.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	return st
}

func ask(st store.Store, method, query string) *httptest.ResponseRecorder {
	a := New(Config{Store: st, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	r := httptest.NewRequest(method, "/api/report?"+query, nil)
	if method == http.MethodPost {
		r = httptest.NewRequest(method, "/api/report", strings.NewReader(query))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestReport(t *testing.T) {
	st := sampleStore(t)
	many := "parents&children&test=ci:t" + strings.Repeat("&build=ci:none", 4999)
	tests := []struct {
		query, want string // the IDs found
	}{
		{"checkout=ci:c", "ci:c"},
		{"checkout=ci:none", ""},
		{"test=ci:t&parents", "ci:c ci:b ci:t"},
		{"test=ci:t&parents=false", "ci:t"},
		{"build=ci:b&children=1", "ci:b ci:t ci:n"},
		{"build=ci:b&build=" + url.QueryEscape(odd), "ci:b " + odd},
		{"issue=" + url.QueryEscape(odd+",2") + "&children=true", odd + " ci:n"},
		{"issue=" + url.QueryEscape(odd+",1"), ""},
		{"incident=ci:n", "ci:n"},
		{many, "ci:c ci:b " + odd + " ci:t ci:n"},
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "POST"} {
			w := ask(st, method, tt.query)
			r, err := report.Decode(w.Body.Bytes())
			if w.Code != 200 || err != nil {
				t.Errorf("%s %.60s: %d, %v: %.200s", method, tt.query, w.Code, err, w.Body)
				continue
			}
			var ids []string
			for _, c := range r.Checkouts {
				ids = append(ids, c.ID)
			}
			for _, b := range r.Builds {
				ids = append(ids, b.ID)
			}
			for _, test := range r.Tests {
				ids = append(ids, test.ID)
			}
			for _, i := range r.Issues {
				ids = append(ids, i.ID)
			}
			for _, n := range r.Incidents {
				ids = append(ids, n.ID)
			}
			if diff := cmp.Diff(tt.want, strings.Join(ids, " ")); diff != "" {
				t.Errorf("%s %.60s (-want +got):\n%s", method, tt.query, diff)
			}
		}
	}
	if w := ask(st, "GET", "test=ci:t"); strings.Contains(w.Body.String(), "_timestamp") {
		t.Error("a timestamp nobody asked for")
	}
	if w := ask(st, "GET", "test=ci:t&metadata"); !strings.Contains(w.Body.String(), "_timestamp") {
		t.Error("no timestamp")
	}
}

func TestReportRefused(t *testing.T) {
	st := sampleStore(t)
	tests := []struct {
		method, query string
		code          int
		message       string
	}{
		{"GET", "", 400, "name at least one object"},
		{"GET", "parents", 400, "name at least one object"},
		{"GET", "tests=ci:t", 400, `unknown parameter \"tests\": expected checkout,`},
		{"GET", "test=ci:t&parents=maybe", 400, `parents is \"maybe\": expected true or false`},
		{"GET", "issue=ci:i", 400, `issue is \"ci:i\": expected its ID and its version`},
		{"GET", "issue=,1", 400, "expected its ID"},
		{"GET", "issue=ci:i,-1", 400, "expected its ID"},
		{"GET", "test=%zz", 400, "cannot be read"},
		{"GET", strings.Repeat("&test=a", 5_001), 400, "5001 objects are named"},
		{"POST", "test=" + strings.Repeat("a", 5<<20), 413, "too large"},
		{"DELETE", "test=ci:t", 405, ""},
	}
	for _, tt := range tests {
		w := ask(st, tt.method, tt.query)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.message) {
			t.Errorf("%s %.60s: %d %s, want %d %s", tt.method, tt.query, w.Code, w.Body, tt.code, tt.message)
		}
	}
}

// failing is a store whose queries fail after some reports.
type failing struct {
	store.Store
	after int
	err   error // nil for an error without a kind
}

func (f failing) Query(context.Context, store.Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		for i := range f.after {
			id := fmt.Sprint("ci:", i)
			if !yield(&report.Report{Checkouts: []report.Checkout{{ID: id, Origin: "ci"}}}, nil) {
				return
			}
		}
		if f.err == nil {
			f.err = errors.New("the disk is gone")
		}
		yield(nil, f.err)
	}
}

// A busy database makes clients try again, as with every other question.
func TestReportOfBusyStore(t *testing.T) {
	w := ask(failing{err: store.ErrUnavailable}, "GET", "test=ci:t")
	if w.Code != 503 || w.Header().Get("Retry-After") != "10" || !strings.Contains(w.Body.String(), "too busy") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// A report that cannot be finished must not look as if it were.
func TestReportBreaksOff(t *testing.T) {
	if w := ask(failing{}, "GET", "test=ci:t"); w.Code != 500 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	server := httptest.NewServer(New(Config{Store: failing{after: 2}, Log: slog.New(slog.DiscardHandler), Now: time.Now}))
	defer server.Close()
	resp, err := http.Get(server.URL + "/api/report?test=ci:t")
	if err == nil {
		defer resp.Body.Close()
		for _, err = range report.NewReader(resp.Body).Parts(1000) {
			if err != nil {
				break
			}
		}
	}
	if err == nil {
		t.Error("half a report reads as a whole one")
	}
}
