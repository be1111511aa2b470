// SPDX-License-Identifier: Apache-2.0

package statistics

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

var now = pagestest.Now

// world has a build with two tests in each of the last days, by an origin with a hostile
// name of a lab, and incidents of a new issue and an old one.
func world(t *testing.T, days int, tokens bool) *pagestest.World {
	t.Helper()
	r := &report.Report{}
	lab := json.RawMessage(`{"runtime": "<i>lab\u202e", "lab": "<i>lab\u202e"}`)
	for n := range days {
		at := now.AddDate(0, 0, -n).Add(-time.Hour)
		id := fmt.Sprintf("ci:%d", n)
		r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "ci", TreeName: new("mainline"), GitRepositoryBranch: new("master"), StartTime: &at, Timestamp: &at})
		r.Builds = append(r.Builds, report.Build{ID: id, Origin: "ci", CheckoutID: id, StartTime: &at, Timestamp: &at, Status: new(report.StatusFail), Misc: lab})
		for i, status := range []report.Status{report.StatusPass, report.StatusFail} {
			r.Tests = append(r.Tests, report.Test{
				ID: fmt.Sprintf("%s-%d", id, i), Origin: "ci", BuildID: id, Path: new("ltp"), StartTime: &at, Timestamp: &at, Status: &status, Misc: lab,
			})
		}
	}
	for name, at := range map[string]time.Time{"new": now.AddDate(0, 0, -1), "old": now.AddDate(0, -3, 0)} {
		seen := now.Add(-2 * time.Hour)
		r.Issues = append(r.Issues, report.Issue{ID: "ci:" + name, Version: 1, Origin: "ci", Comment: new("it is <b>" + name + "</b>"), Timestamp: &at})
		r.Incidents = append(r.Incidents, report.Incident{
			ID: "ci:" + name, Origin: "ci", IssueID: "ci:" + name, IssueVersion: 1, BuildID: new("ci:0"), Present: new(true), Timestamp: &seen,
		})
	}
	w := pagestest.New(t, Routes, r)
	w.Shell.Tokens = tokens
	hour := now.Add(-time.Hour)
	err := w.Store.SaveReceipts(t.Context(), []store.Receipt{
		{ID: "1", Origin: "ci", Received: hour, Finished: hour.Add(1500 * time.Millisecond), Objects: 4},
		{ID: "2", Origin: "other", Received: hour, Finished: hour.Add(2 * time.Minute), Objects: 4, Failure: "no"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestGolden(t *testing.T) {
	pagestest.Golden(t, "full.html", world(t, 10, true).Page("/statistics?days=7"))
	pagestest.Golden(t, "empty.html", pagestest.New(t, Routes).Page("/statistics"))
}

func TestPages(t *testing.T) {
	open, guarded := world(t, 40, false), world(t, 40, true)
	values := regexp.MustCompile(`value="[^"]*"`)
	for _, test := range []struct {
		name   string
		from   *pagestest.World
		path   string
		status int
		with   string
	}{
		{"the days before", open, "/statistics?days=14", 200, "42 results in 14 days, as many as before."},
		{"more", open, "/statistics?days=30", 200, "90 results in 30 days, &#43;200 % against the days before."},
		{"all senders", open, "/statistics?origin=ci", 200, "1 of 2 submissions, 50.0 %, refused"},
		{"an origin", guarded, "/statistics?origin=ci", 200, "None of 1 submission was refused."},
		{"delay", guarded, "/statistics?origin=ci", 200, "1.5 s on average, 1.5 s at most; 100 % took at most a minute."},
		{"a lab", open, "/statistics?lab=%3Ci%3Elab%E2%80%AE", 200, "90 results in 30 days"},
		{"nothing", open, "/statistics?lab=x", 200, "that the filter selects"},
		{"days", open, "/statistics?days=400", 400, "from 1 to 366"},
		{"parameter", open, "/statistics?labs=x", 400, "days, lab, origin"},
		{"new issue", open, "/statistics", 200, `it is &lt;b&gt;new&lt;/b&gt;</a> <span class="t new">new</span>`},
	} {
		w := test.from.Get(test.path)
		if body := values.ReplaceAllString(w.Body.String(), ""); w.Code != test.status || !strings.Contains(body, test.with) || strings.Contains(body, "<i>") || strings.Contains(body, "\u202e") {
			t.Errorf("%s: %d, without %q", test.name, w.Code, test.with)
		}
	}
}

func TestChange(t *testing.T) {
	for _, test := range []struct {
		now, before int64
		want        string
	}{{3, 3, ""}, {3, 0, "new"}, {0, 3, "gone"}, {6, 3, "+100 %"}, {3, 6, "−50 %"}, {1001, 1000, "+1"}, {999, 1000, "-1"}, {600, 3, "× 200"}} {
		if got := change(test.now, test.before); got != test.want {
			t.Errorf("%d from %d: %q, want %q", test.now, test.before, got, test.want)
		}
	}
}

// TestStatements: the page reads the database eight times, however much is in it.
func TestStatements(t *testing.T) {
	for _, days := range []int{2, 50} {
		w := world(t, days, false)
		if w.Page("/statistics"); w.Statements() != 8 {
			t.Errorf("%d days: %d statements", days, w.Statements())
		}
	}
}

// TestNextDay: after midnight the numbers of the day before stay, and count once.
func TestNextDay(t *testing.T) {
	w := world(t, 2, false)
	clock := now
	w.Shell.Now = func() time.Time { return clock }
	w.Page("/statistics")
	for _, hours := range []int{17, 2, 48} { // before midnight, just after it, and days later
		clock = clock.Add(time.Duration(hours) * time.Hour)
		if page := w.Page("/statistics"); !strings.Contains(page, "1 of 2 submissions, 50.0 %, refused.") {
			t.Errorf("at %v the page has other submissions", clock)
		}
	}
}
