// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// askedStore counts the questions to a store. It has no SQL database and no roll-ups for
// its users, like BigQuery, where each question takes a second or more.
type askedStore struct {
	store.Store
	asked map[string]int // by name of the method
	fails int            // number of questions for outcomes that fail first
}

func (s *askedStore) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	s.asked["query"]++
	return s.Store.Query(ctx, q)
}

func (s *askedStore) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	s.asked["match"]++
	return s.Store.Match(ctx, patterns, opts)
}

func (s *askedStore) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	s.asked["outcomes"]++
	if s.asked["outcomes"] <= s.fails {
		return func(yield func(store.Outcome, error) bool) { yield(store.Outcome{}, store.ErrUnavailable) }
	}
	return s.Store.Outcomes(ctx, builds)
}

func (s *askedStore) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	s.asked["runs"]++
	return s.Store.Runs(ctx, builds, after)
}

func (s *askedStore) Previous(ctx context.Context, like store.Like, n int) ([]string, error) {
	s.asked["previous"]++
	return s.Store.Previous(ctx, like, n)
}

// count calls a step until it has no more work, and returns the questions that it asked.
func (s *askedStore) count(h *testbed, name string, step func(context.Context) (bool, error)) string {
	s.asked = map[string]int{}
	h.step(name, step)
	return strings.TrimPrefix(fmt.Sprint(s.asked), "map")
}

// list joins the texts of objects that f returns for the numbers below n.
func list(n int, f func(i int) string) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = f(i)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// someBuilds returns the objects of a checkout with so many builds, each with a failing test
// that has an incident.
func someBuilds(n int) string {
	return strings.Join([]string{aCheckout,
		`"builds": ` + list(n, func(i int) string {
			return fmt.Sprintf(`{"id": "ci:b%d", "origin": "ci", "checkout_id": "ci:c1", "architecture": "arm64", "config_name": "config%d", "status": "FAIL"}`, i, i)
		}),
		`"tests": ` + list(n, func(i int) string {
			return fmt.Sprintf(`{"id": "ci:t%d", "origin": "ci", "build_id": "ci:b%d", "path": "boot", "status": "FAIL"}`, i, i)
		}),
		`"issues": [{"id": "ci:i", "version": 1, "origin": "ci", "report_subject": "It hangs"}]`,
		`"incidents": ` + list(n, func(i int) string {
			return fmt.Sprintf(`{"id": "ci:n%d", "origin": "ci", "issue_id": "ci:i", "issue_version": 1, "test_id": "ci:t%d"}`, i, i)
		}),
	}, ",")
}

// TestQuestions holds the questions that considering and writing ask about a checkout with
// so many builds, tests and incidents.
func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		on                   string
		builds               int
		considering, writing string
	}{
		{"test", 1, "[match:1 outcomes:1 previous:1 query:1]", "[match:1 query:1]"},
		{"test", 16, "[match:1 outcomes:1 previous:16 query:1]", "[match:1 query:1]"},
		{"build", 1, "[match:1 outcomes:1 previous:1 query:1]", "[match:3 outcomes:2 query:1]"},
		{"build", 16, "[match:1 outcomes:1 previous:16 query:1]", "[match:19 outcomes:2 query:1]"},
		{"checkout", 16, "[match:2 outcomes:2 query:1]", "[match:4 outcomes:2 query:1]"},
		{"revision", 16, "[match:3 outcomes:2 query:1]", "[match:5 outcomes:2]"},
		{"incident", 16, "[match:1 outcomes:1 query:1]", "[query:1]"},
		{"issue", 16, "[match:2 outcomes:1 query:1]", "[match:2 query:1]"},
		{"issue_version", 16, "[match:1 outcomes:1 query:1]", "[match:1 query:2]"},
	} {
		t.Run(fmt.Sprint(c.on, c.builds), func(t *testing.T) {
			h := newTestbed(t, map[string]string{"any.yaml": "on: " + c.on + "\nmatch: 'true'\nto: [dev@example.org]\n"})
			asked := &askedStore{Store: h.store}
			h.Store = asked
			h.load(someBuilds(c.builds))
			if got := asked.count(h, "consider", h.Consider); got != c.considering {
				t.Errorf("considering asked %s, want %s", got, c.considering)
			}
			if got := asked.count(h, "write", h.Write); got != c.writing {
				t.Errorf("writing asked %s, want %s", got, c.writing)
			}
		})
	}
}
