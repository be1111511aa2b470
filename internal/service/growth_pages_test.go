// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages"
	"github.com/kcidb-go/kcidb/internal/web/submit"
)

// pageRequests returns the requests of pages. Each finds nothing in a cache.
func (g *growing) pageRequests(b testing.TB) (all []question) {
	head, before := g.hash(sides-1), g.hash(sides-2)
	last := fmt.Sprintf("bench:%d.%d", g.tests, sides-1)
	branch := "/tree/" + g.treeName() + "/main"
	for _, p := range []struct{ what, path string }{
		{"front-page", "/?days=3"},
		{"tree-page", "/tree/" + g.treeName()},
		{"branch-page", branch},
		{"opened-branch-page", branch + "?open=ltp"},
		{"filtered-branch-page", branch + "?platform=board-3"},
		{"grid-page", branch + "/test/ltp.syscalls"},
		{"revision-page", "/revision/" + head[:12]},
		{"filtered-revision-page", "/revision/" + head[:12] + "?verdict=new"},
		{"compare-page", "/compare/" + before[:12] + "..." + head[:12]},
		{"checkout-page", "/checkout/" + last},
		{"build-page", "/build/" + last + ".3"},
		{"test-page", "/test/" + last + ".3.4"},
		{"hardware-list-page", "/hardware?days=3"},
		{"board-page", "/hardware/" + g.typical.board + "?days=3"},
		{"issue-list-page", "/issues?days=3"},
		{"issue-page", "/issue/" + knownIssue},
		{"issue-version-page", "/issue/" + knownIssue + "/1"},
		{"incident-page", fmt.Sprintf("/incident/bench:n%d.11.3", g.tests)},
		{"origin-list-page", "/origins?days=3"},
		{"origin-page", "/origin/" + g.typical.origin + "?days=3"},
		{"lab-list-page", "/labs?days=3"},
		{"lab-page", "/lab/" + g.typical.lab + "?days=3"},
		{"statistics-page", "/statistics?days=3"},
		{"search-hash-page", "/search?q=" + head[:8]},
		{"search-name-page", fmt.Sprint("/search?q=v6.", g.names)},
		{"search-words-page", "/search?q=kselftest"},
		{"submission-page", "/submission/" + g.submission()},
	} {
		all = append(all, question{p.what, func() time.Duration {
			f := g.front()
			return timed(func() { mustAnswer(b, f, httptest.NewRequest("GET", p.path, nil)) })
		}})
	}
	return all
}

// front returns a front whose pages keep nothing yet.
func (g *growing) front() *front.Front {
	now := g.now
	p := &pages.Pages{
		Store: g.Store, Queue: noQueue{}, Receiver: &submit.Receiver{Config: submit.Config{Store: g.Store, Queue: noQueue{}}},
		Trees: treenames.Default(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	}
	f := front.New(front.Limits{})
	p.Routes(f)
	return f
}

// submission returns the ID of the submission that sendSubmission loads.
func (g *growing) submission() string { return fmt.Sprint("submission", g.tests) }
