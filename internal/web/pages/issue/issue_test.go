// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed/feedtest"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

var now = pagestest.Now

func ago(hours int) *time.Time { return new(now.Add(-time.Duration(hours) * time.Hour)) }

// newWorld returns the room over a database in memory with the reports.
func newWorld(t *testing.T, reports ...*report.Report) *pagestest.World {
	t.Helper()
	return pagestest.New(t, routes, reports...)
}

func routes(f *front.Front, s *shell.Shell) { Routes(f, s, nil) }

// known returns an issue in two versions that was seen in tests of two trees, the last
// time an hour ago, and a tree with the same tests without it. n is how often it was seen
// in each tree.
func known(n int) *report.Report {
	r := &report.Report{}
	excerpt := "[    1.000000] booting\n[    2.000000] WARNING: CPU: 0 PID: 1 at kernel/fork.c:14 copy_process+0x1/0x2\n[    2.000001] Call trace:\n"
	for i, tree := range []string{"next", "mainline", "stable"} {
		id := "ci:" + tree
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: id, Origin: "ci", TreeName: new(tree), GitRepositoryURL: new("https://git.example.org/" + tree), GitRepositoryBranch: new("master"),
			GitCommitHash: new(fmt.Sprintf("%040d", i)), GitCommitName: new("v7.4-" + tree), StartTime: ago(50 - i), Timestamp: ago(50 - i),
		})
		r.Builds = append(r.Builds, report.Build{
			ID: id, Origin: "ci", CheckoutID: id, Architecture: new("arm64"), Compiler: new("gcc-14"), ConfigName: new("defconfig"),
			Status: new(report.StatusPass), StartTime: ago(49 - i), Timestamp: ago(49 - i),
		})
		for k := range n {
			test := report.Test{
				ID: fmt.Sprintf("%s:%d", id, k), Origin: "ci", BuildID: id, Path: new("ltp.fork14"), Status: new(report.StatusFail), LogExcerpt: &excerpt,
				LogURL: new("https://logs.example.org/1"), Environment: &report.Environment{Misc: []byte(fmt.Sprintf(`{"platform":"board-%d"}`, k%2))},
				StartTime: new(ago(40).Add(time.Duration(10*i+k) * time.Minute)), Timestamp: ago(30),
			}
			r.Tests = append(r.Tests, test)
			if tree == "stable" {
				test.Status = new(report.StatusPass)
				continue
			}
			r.Incidents = append(r.Incidents, report.Incident{
				ID: fmt.Sprintf("ci:%s-%d", tree, k), Origin: "ci", IssueID: "ci:fork", IssueVersion: 1 + i, TestID: &test.ID, Present: new(true), Timestamp: ago(20 - i),
			})
		}
	}
	r.Issues = []report.Issue{
		{ID: "ci:fork", Version: 1, Origin: "ci", Comment: new("fork14 warns"), Timestamp: ago(21)},
		{
			ID: "ci:fork", Version: 2, Origin: "ci", Comment: new("WARNING in copy_process"), Timestamp: ago(20), Culprit: &report.Culprit{Code: new(true)},
			Categories: []string{"kernel.test"}, ReportURL: new("https://lore.example.org/1"), ReportSubject: new("fork14 warns since next"),
			Misc: []byte(`{"fault":"WARNING: ... copy_process","rule":{"path":"ltp.*","version":2},"list":[1]}`),
		},
		{ID: "ci:old", Version: 1, Origin: "other", Comment: new("an old lab"), Timestamp: ago(24 * 5), Culprit: &report.Culprit{Harness: new(true)}},
	}
	return r
}

func TestPages(t *testing.T) {
	w := newWorld(t, known(2))
	for name, path := range map[string]string{"list.html": "/issues", "issue.html": "/issue/ci:fork", "version.html": "/issue/ci:old/1"} {
		pagestest.Golden(t, name, w.Get(path).Body.String())
	}
	pagestest.Golden(t, "empty.html", newWorld(t).Get("/issues").Body.String())
}

// TestStatements: the pages ask a few questions, whatever is in the database.
func TestStatements(t *testing.T) {
	for _, n := range []int{1, 200} {
		w := newWorld(t, known(n))
		for path, most := range map[string]int{"/issues": 7, "/issue/ci:fork": 8, "/issue/ci:fork?platform=board-1": 8} {
			if got := w.Get(path); got.Code != 200 || w.Statements() > most {
				t.Errorf("%s with %d sightings: %d, %d statements", path, n, got.Code, w.Statements())
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	w := newWorld(t, known(60))
	for _, test := range []struct {
		path      string
		code      int
		want, not string // in the page, or where it leads
	}{
		{"/issues", 200, "1 OPEN", ""},
		{"/issues?days=1", 200, "WARNING in copy_process", "an old lab"},
		{"/issues?q=COPY_process+ci%3A", 200, "WARNING in copy_process", "an old lab"},
		{"/issues?q=lore.example", 200, "WARNING in copy_process", "an old lab"},
		{"/issues?culprit=harness", 200, "an old lab", "copy_process"},
		{"/issues?culprit=none", 200, "meets the filter", "copy_process"},
		{"/issues?category=kernel.test", 200, "copy_process", "an old lab"},
		{"/issues?category=-kernel.test", 200, "an old lab", "copy_process"},
		{"/issues?incidents=yes", 200, "copy_process", "an old lab"},
		{"/issues?incidents=no", 200, "an old lab", "copy_process"},
		{"/issues?origin=other", 200, "an old lab", "copy_process"},
		{"/issues?as_of=2026-11-24T00%3A00%3A00Z", 200, "an old lab", ">WARNING in copy_process<"},
		{"/issues?culprit=bogus", 400, "culprit=bogus selects nothing", ""},
		{"/issues?incidents=-maybe", 400, "incidents=maybe selects nothing", ""},
		{"/issues?as_of=x", 400, "as_of=x selects nothing", ""},
		{"/issues?days=0", 400, "days=0 selects nothing", ""},
		{"/issues?after=ci%3Anone", 400, "selects nothing", ""},
		{"/issues?after=ci%3Afork", 200, "an old lab", ">WARNING in copy_process<"},
		{"/issues?tree=x", 400, "This page has no parameter", ""},
		{"/issuesx", 404, "No such page", ""},
		{"/issues.json", 302, "/api/issue?interval_in_days=14", ""},
		{"/issues.atom", 302, "/atom/issues", ""},
		{"/issue/ci:fork", 200, "Seen 120 times since 26 Nov", "ENDED"},
		{"/issue/ci:fork", 200, "Next 50", ""},
		{"/issue/ci:fork/1", 200, "Seen 60 times", ""},
		{"/issue/ci:fork/3", 404, "No such issue", ""},
		{"/issue/ci:fork/01", 404, "No such issue", ""},
		{"/issue/ci:fork/x", 404, "No such issue", ""},
		{"/issue/ci:none", 404, "No such issue", ""},
		{"/issue/", 404, "No such issue", ""},
		{"/issue/ci:fork?after=x", 400, "selects nothing", ""},
		{"/issue/ci:fork?after=1.ci%3Anone", 200, "No incidents are older", "Next 50"},
		{"/issue/ci:fork?tree=next", 200, "50 among 120 incidents", ""},
		{"/issue/ci:fork?platform=board-1&tree=next", 200, "30 among 120 incidents", "Next 50"},
		{"/issue/ci:fork?path=ltp", 200, "50 among 120 incidents", ""},
		{"/issue/ci:fork?path=kunit", 200, "None of the newest 120 incidents meets the filter", ""},
		{"/issue/ci:fork?arch=arm64&branch=master&compiler=-gcc-14", 200, "None of the newest", ""},
		{"/issue/ci:fork.json", 302, "/api/issue/ci:fork", ""},
		{"/issue/ci:fork/1.json", 302, "/api/issue/ci:fork?version=1", ""},
		{"/issue/ci:fork.atom", 302, "/atom/issue/ci:fork", ""},
	} {
		got := w.Get(test.path)
		text := got.Body.String() + got.Header().Get("Location")
		if got.Code != test.code || !strings.Contains(text, test.want) || test.not != "" && strings.Contains(text, test.not) {
			t.Errorf("%s: %d, want %d with %q without %q\n%s", test.path, got.Code, test.code, test.want, test.not, text)
		}
	}
}

// TestPager: the pages of incidents have each of them once.
func TestPager(t *testing.T) {
	w := newWorld(t, known(60))
	incident := regexp.MustCompile(`href="(/incident/[^"]*)"`)
	next := regexp.MustCompile(`href="(/issue/[^"]*after=[^"]*)" rel="nofollow"`)
	for first, want := range map[string]int{"/issue/ci:fork": 120, "/issue/ci:fork?tree=mainline": 60} {
		seen := make(map[string]bool)
		for path := first; path != ""; {
			page := w.Get(path).Body.String()
			for _, id := range incident.FindAllStringSubmatch(page, -1) {
				if seen[id[1]] {
					t.Errorf("%s: %s is there twice", path, id[1])
				}
				seen[id[1]] = true
			}
			path = ""
			if link := next.FindStringSubmatch(page); link != nil {
				path = strings.ReplaceAll(link[1], "&amp;", "&")
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d incidents", first, len(seen))
		}
	}
}

// TestEnded: an issue that was not seen for some weeks has ended, and one at an unknown time
// is neither.
func TestEnded(t *testing.T) {
	w := newWorld(t, known(2))
	w.Shell.Now = func() time.Time { return now.AddDate(0, 0, 20) }
	if page := w.Get("/issue/ci:fork").Body.String(); !strings.Contains(page, "ENDED") || !strings.Contains(page, "Not seen for 21 d. Seen 4 times from 26 Nov to 26 Nov.") {
		t.Error(page)
	}
	r := known(1)
	for i := range r.Tests {
		r.Tests[i].StartTime = nil
	}
	if page := newWorld(t, r).Get("/issue/ci:fork").Body.String(); !strings.Contains(page, "Seen 2 times, at unknown times.") {
		t.Error(page)
	}
}

// TestVersionWithoutIncident shows a version without an incident of an issue that was seen.
func TestVersionWithoutIncident(t *testing.T) {
	r := known(2)
	r.Issues = append(r.Issues, report.Issue{ID: "ci:fork", Version: 3, Origin: "ci", Comment: new("fork14"), Timestamp: ago(1)})
	page := newWorld(t, r).Get("/issue/ci:fork/3").Body.String()
	if !strings.Contains(page, "This version has no incident; the issue was seen 4 times.") || strings.Contains(page, "NEVER SEEN") {
		t.Error(page)
	}
}

// TestHostile: texts of reports stay one line, and are no markup.
func TestHostile(t *testing.T) {
	hostile := "<script>alert(1)</script>\"'\u202e\x1b[31m\nred " + strings.Repeat("x", 10_000)
	r := known(1)
	for i := range r.Issues {
		is := &r.Issues[i]
		is.Comment, is.ReportSubject, is.ReportURL, is.Categories = &hostile, &hostile, new("javascript:alert(1)"), []string{hostile}
		is.Misc = fmt.Appendf(nil, `{"a":{%q:"<b>"},"b":%q}`, "<script>", "<script>\u202e")
	}
	for i := range r.Tests {
		r.Tests[i].Path, r.Tests[i].LogExcerpt, r.Tests[i].LogURL = &hostile, &hostile, new("javascript:alert(1)")
	}
	for i := range r.Checkouts {
		r.Checkouts[i].TreeName, r.Checkouts[i].GitRepositoryBranch, r.Checkouts[i].GitCommitName = &hostile, &hostile, &hostile
	}
	w := newWorld(t, r)
	for _, path := range []string{"/issues", "/issue/ci:fork", "/issue/ci:fork/1", "/atom/issues", "/atom/issue/ci:fork"} {
		page := w.Get(path)
		if bad := regexp.MustCompile(`<script>|javascript:alert\(1\)"|\x{202e}|\x1b`).FindString(page.Body.String()); page.Code != 200 || bad != "" {
			t.Errorf("%s: %d, %q\n%s", path, page.Code, bad, page.Body)
		}
		if n := page.Body.Len(); n > 150_000 {
			t.Errorf("%s has %d bytes", path, n)
		}
	}
}

func TestFeeds(t *testing.T) {
	w := newWorld(t, known(2))
	for path, want := range map[string]struct {
		code  int
		title string
		n     int
	}{
		"/atom/issues":        {200, "WARNING in copy_process", 2},
		"/atom/issue/ci:fork": {200, "ltp.fork14 on board-1", 4},
		"/atom/issue/ci:none": {404, "", 0}, "/atom/issue/": {404, "", 0}, "/atom/issue/ci:fork/1": {404, "", 0},
	} {
		got := w.Get(path)
		if got.Code != want.code {
			t.Errorf("%s: %d", path, got.Code)
		}
		if want.n == 0 {
			continue
		}
		f := feedtest.Read(t, got.Body.Bytes())
		if len(f.Entries) != want.n || f.Entries[0].Title != want.title {
			t.Errorf("%s: %+v", path, f)
		}
	}
}

// TestWithoutCounts: a database that keeps no counts has the pages of issues by their ID.
func TestWithoutCounts(t *testing.T) {
	w := newWorld(t, known(1))
	w.Shell.Answers, w.Shell.Verdicts = nil, nil
	for path, want := range map[string]string{
		"/issue/ci:fork": "does not count where issues are seen", "/issue/ci:fork/1": "fork14 warns", "/issues": "keeps no counts",
	} {
		if page := w.Get(path).Body.String(); !strings.Contains(page, want) {
			t.Errorf("%s: %s", path, page)
		}
	}
}
