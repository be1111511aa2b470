// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

func TestObjects(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		ask := func(patterns ...string) string {
			return "/api/objects?" + url.Values{"pattern": patterns}.Encode()
		}
		for _, tt := range []struct {
			patterns []string
			want     string // types, and how many objects of each
		}{
			{[]string{">checkout[maestro:c-new]#"}, "checkout 1"},
			{[]string{">checkout[maestro:c-new]#>*#"}, "build 9 checkout 1 incident 4 test 13"},
			{[]string{">test[maestro:t-boot]<*#", ">build[maestro:b-pass]#"}, "build 1 checkout 1 revision 1"},
			{[]string{">issue[maestro:issue-code]>*#"}, "incident 4 issue_version 2"},
			{[]string{">test[ci:none]#"}, ""},
			{[]string{">*#"}, "build 14 checkout 6 incident 5 issue 3 issue_version 4 revision 4 test 21"},
		} {
			body := s.getOK(ask(tt.patterns...))
			if got := counted(body); got != tt.want {
				t.Errorf("%q: %s, want %s", tt.patterns, got, tt.want)
			}
		}
		checkout := pick(t, s.getOK(ask(">checkout[maestro:c-new]#")+"&metadata=true"), "checkout", 0)
		if id := pick(t, checkout, "id"); id != "maestro:c-new" || pick(t, checkout, "_timestamp") == nil {
			t.Errorf("%v", checkout)
		}
		s.refused("/api/objects", 400, "pattern")
		s.refused(ask(""), 400, "pattern")
		s.refused(ask(">nothing#"), 400, "pattern")
		s.refused(ask(strings.Repeat(">*#", 1000)), 400, "pattern: ")
		s.refused(ask(make([]string, 101)...), 400, "pattern")
	})
}

func counted(body any) string {
	var parts []string
	for _, name := range []string{"build", "checkout", "incident", "issue", "issue_version", "revision", "test"} {
		if list, ok := body.(map[string]any)[name].([]any); ok {
			parts = append(parts, fmt.Sprint(name, " ", len(list)))
		}
	}
	return strings.Join(parts, " ")
}

// boundless has more objects than anybody could read.
type boundless struct {
	store.Store
	sets *int
}

func (b boundless) Match(ctx context.Context, _ []object.Pattern, _ store.MatchOptions) iter.Seq2[*object.Set, error] {
	return func(yield func(*object.Set, error) bool) {
		for ctx.Err() == nil {
			*b.sets++
			set := &object.Set{}
			for range 100 {
				set.Report.Checkouts = append(set.Report.Checkouts, report.Checkout{ID: fmt.Sprint("ci:", *b.sets), Origin: "ci"})
			}
			if !yield(set, nil) {
				return
			}
		}
		yield(nil, ctx.Err())
	}
}

// A pattern that names everything is answered as long as there is time, and breaks
// then.
func TestObjectsWithoutEnd(t *testing.T) {
	sets := 0
	a := New(Config{
		Store: boundless{sets: &sets}, Log: slog.New(slog.DiscardHandler), Now: time.Now, Known: func(http.Header) bool { return true },
	})
	limit := 100 * time.Millisecond
	eventually.Succeeds(t, func() error {
		limit *= 2 // a busy machine answers little in the time
		server := httptest.NewServer(fronted(a, front.Limits{Time: limit}))
		defer server.Close()
		resp, err := http.Get(server.URL + "/api/objects?pattern=%3E*%23")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body) // ends only if the time is limited
		if err == nil || n < 256<<10 {
			return fmt.Errorf("%d bytes in %v, %v", n, limit, err)
		}
		return nil
	})
}

// asking notes what it is asked, and answers that it is too much.
type asking struct {
	store.Store
	most []int
}

func (a *asking) Match(_ context.Context, _ []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	a.most = append(a.most, opts.Most)
	return func(yield func(*object.Set, error) bool) { yield(nil, fmt.Errorf("match: %w", store.ErrTooMuch)) }
}

// Only submitters may have the whole database searched, within the same limits.
func TestUnanchoredPatterns(t *testing.T) {
	db := &asking{}
	a := New(Config{
		Store: db, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Known: func(h http.Header) bool { return h.Get("Authorization") == "Bearer me" },
	})
	h := fronted(a, front.Limits{})
	for _, tt := range []struct {
		pattern string
		code    int
		known   int
		want    string
	}{
		{">*#", 403, 400, ">revision#"},
		{">*<*>*<*#", 403, 400, "has no IDs"},
		{">test[ci:1]#", 400, 400, "more than 100000 objects"},
		{">checkout[ci:1]#>*#", 400, 400, "more than 100000 objects"},
		{">test[]#", 400, 400, "more than 100000 objects"},
	} {
		path := "/api/objects?" + url.Values{"pattern": {tt.pattern}}.Encode()
		if w := request(h, "GET", path); w.Code != tt.code || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s", tt.pattern, w.Code, w.Body)
		}
		if w := request(h, "GET", path, "Authorization", "Bearer me"); w.Code != tt.known || strings.Contains(w.Body.String(), "token") {
			t.Errorf("%s, known: %d %s", tt.pattern, w.Code, w.Body)
		}
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf(">checkout[ci:%d]#>*#<*#", i)
	}
	asked := len(db.most)
	if w := request(h, "GET", "/api/objects?"+url.Values{"pattern": many}.Encode()); w.Code != 400 || len(db.most) > asked {
		t.Errorf("many patterns: %d %s", w.Code, w.Body)
	}
	for _, most := range db.most {
		if most != maxMatched {
			t.Errorf("%d objects may be found", most)
		}
	}
}

// endlessSearch finds nothing, and does not end by itself.
type endlessSearch struct{ store.Store }

func (endlessSearch) Match(ctx context.Context, _ []object.Pattern, _ store.MatchOptions) iter.Seq2[*object.Set, error] {
	return func(yield func(*object.Set, error) bool) {
		<-ctx.Done()
		yield(nil, context.Cause(ctx))
	}
}

// A search ends in time, and releases its slot.
func TestLongSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Config{Store: endlessSearch{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
		began := time.Now()
		w := request(fronted(a, front.Limits{}), "GET", "/api/objects?pattern=%3Etest[a]%23")
		if w.Code != 400 || !strings.Contains(w.Body.String(), "take longer") || time.Since(began) != searchTime {
			t.Errorf("%d %s after %v", w.Code, w.Body, time.Since(began))
		}
	})
}
