// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"iter"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// countingStore counts what is read from a store, one test or other object at a time.
type countingStore struct {
	store.Store
	n int
}

// Unwrap returns the store within, which keeps the roll-ups.
func (c *countingStore) Unwrap() store.Sink { return c.Store }

func (c *countingStore) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		for run, err := range c.Store.Runs(ctx, builds, after) {
			if c.n++; !yield(run, err) {
				return
			}
		}
	}
}

func (c *countingStore) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		for r, err := range c.Store.Query(ctx, q) {
			if r != nil {
				c.n += len(r.Checkouts) + len(r.Builds) + len(r.Tests) + len(r.Issues) + len(r.Incidents)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Page 20 of a list reads as many objects as page 1, apart from objects that a filter
// leaves out. A page reads at most twice its size: its elements once, and the parents.
func TestLaterPagesReadNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts what is read, which other tests read under the race detector")
	}
	s := inFile(t, bigTree())
	counting := &countingStore{Store: s.store}
	cfg := s.api.data.Config
	cfg.Store = counting
	s.api = New(cfg)
	for _, list := range []struct {
		method, path, body string
		limit, most        int // elements, and objects that a page may read
	}{
		{"GET", "/api/tree/" + hashNew + "/builds", "", 2, 3},
		{"GET", "/api/tree/" + hashNew + "/tests", "", 300, 300 + 10},
		{"GET", "/api/tree/" + hashNew + "/tests?filter_test.status=FAIL", "", 30, 30*10 + 100},
		{"GET", "/api/build/maestro:big.7/tests", "", 19, 20},
		{"GET", "/api/issue/maestro:i/tests", "", 2, 3 * 3},
		{"POST", "/api/hardware/vendor%2Csoc/tests", `{"startTimestampInSeconds": 0, "endTimestampInSeconds": 4000000000}`, 300, 300 + 10},
	} {
		separator := "?"
		if strings.Contains(list.path, "?") {
			separator = "&"
		}
		next := fmt.Sprintf("%s%slimit=%d", list.path, separator, list.limit)
		for page := 1; page <= 20; page++ {
			if next == "" {
				t.Fatalf("%s has %d pages", list.path, page-1)
			}
			counting.n = 0
			r := httptest.NewRequest(list.method, next, strings.NewReader(list.body))
			r.Header.Set("Content-Type", "application/json")
			code, header, body := s.do(r)
			if code != 200 {
				t.Fatalf("%s: %d %v", next, code, body)
			}
			if counting.n > list.most {
				t.Errorf("page %d of %s reads %d objects, want at most %d", page, list.path, counting.n, list.most)
			}
			next = nextOf(header.Get("Link"))
		}
	}
}
