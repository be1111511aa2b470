// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed/feedtest"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

const warning = "------------[ cut here ]------------\nWARNING: CPU: 2 PID: 2114 at fs/iomap/iter.c:34 iomap_iter_advance+0x94/0xb0\nCall trace:\n"

// trees has trees in all states: next is worse, net perhaps, mainline waits for results,
// and the others have nothing new.
func trees() *report.Report {
	w := new(pagestest.Builder)
	for day := 3; day >= 0; day-- {
		at := func(from int, status, before string) string { // status from a day on
			if day <= from {
				return status
			}
			return before
		}
		hours := float64(24*day + 1)
		revision := func(origin, tree, branch string) {
			w.Checkout(origin, tree, branch, fmt.Sprintf("%s-%d", tree, 3-day), hours)
		}
		revision("maestro", "next", "master")
		w.Build("riscv allmodconfig clang-21", at(0, "FAIL", "PASS"))
		w.Build("arm64 defconfig gcc-14", "PASS")
		w.Test("boot", "rock-5b", "lava-ridge", at(0, "FAIL", "PASS"))
		w.Test("kselftest.net.tls", "khadas-vim3", "lava-ridge", at(2, "FAIL", "PASS"))
		w.Test("kselftest.arm64.sve", "khadas-vim3", "lava-ridge", at(0, "PASS", "FAIL"))
		w.Test("xfstests.generic.091", "khadas-vim3", "lava-ridge", at(0, "FAIL", "PASS")).LogExcerpt = new(warning)
		for i := range 6 {
			w.Test("ltp.syscalls.fork0"+fmt.Sprint(i), "khadas-vim3", "lava-harbour", at(0, "MISS", "PASS"))
		}

		revision("maestro", "net", "main")
		w.Build("arm64 defconfig gcc-14", "PASS")
		w.Test("packetdrill.tcp_ecn", "khadas-vim3", "lava-ridge", "PASS")
		w.Test("packetdrill.tcp_ecn", "khadas-vim3", "lava-ridge", at(0, "FAIL", "PASS"))

		revision("redhat", "mainline", "master")
		w.Build("s390x defconfig gcc-14", "PASS")
		for i := range 20 {
			if day > 0 {
				w.Test(fmt.Sprintf("ltp.%d", i), "z16", "beaker", "PASS")
			}
		}

		revision("maestro", "wireless", "main")
		w.Build("arm64 defconfig gcc-14", "PASS")
		w.Test("kselftest.wifi", "khadas-vim3", "lava-ridge", "FAIL")
		w.Known("maestro:mwifiex")

		revision("maestro", "tip", "x86/core")
		w.Build("x86_64 defconfig gcc-14", "PASS")
		w.Test("boot", "qemu", "lava-ridge", "PASS")
	}
	w.Checkout("maestro", "old", "main", "old-1", 24*20)
	w.Build("x86_64 defconfig gcc-14", "PASS")
	return &w.Report
}

// site is the front page with a queue and a clock that tests change.
type site struct {
	*pagestest.World
	now    time.Time
	queued int
	broken error
}

func serve(t *testing.T, reports ...*report.Report) *site {
	t.Helper()
	s := &site{World: pagestest.New(t, Routes, reports...), now: pagestest.Now}
	s.Shell.Queue, s.Shell.Now, s.Shell.Base = sized{site: s}, func() time.Time { return s.now }, "https://kcidb.example.org"
	return s
}

// sized is a queue that only knows its size.
type sized struct {
	queue.Queue
	site *site
}

func (q sized) Stats(context.Context) (queue.Stats, error) {
	return queue.Stats{Messages: q.site.queued}, q.site.broken
}

func TestHome(t *testing.T) {
	s := serve(t, trees())
	s.queued = 3
	receipts := []store.Receipt{
		{ID: "1", Origin: "maestro", Received: pagestest.Now, Finished: pagestest.Now.Add(-time.Hour), Objects: 1200},
		{ID: "2", Origin: "redhat", Received: pagestest.Now, Finished: pagestest.Now.Add(-time.Hour), Objects: 7, Failure: "not valid"},
	}
	if err := s.Store.SaveReceipts(t.Context(), receipts); err != nil {
		t.Fatal(err)
	}
	pagestest.Golden(t, "home.html", s.Page("/"))
}

func TestEmptyDatabase(t *testing.T) {
	s := serve(t)
	pagestest.Golden(t, "empty.html", s.Page("/"))
}

// TestOldRevisions: if no tree has a revision of the last days, those of the last year are
// shown, unless the reader asks for days.
func TestOldRevisions(t *testing.T) {
	w := new(pagestest.Builder)
	w.Checkout("maestro", "old", "main", "old-1", 24*20)
	s := serve(t, &w.Report)
	if body := s.Page("/?days=7"); !strings.Contains(body, "No tree has a revision in the last 7 days.") || !strings.Contains(body, `href="/?days=365"`) {
		t.Error(body)
	}
	for _, path := range []string{"/", "/?days=30"} {
		if body := s.Page(path); !strings.Contains(body, "old-1") {
			t.Errorf("%s:\n%s", path, body)
		}
	}
	if body := s.Page("/"); !strings.Contains(body, `<option value="">365 days</option>`) {
		t.Errorf("the filter does not say what the page shows:\n%s", body)
	}
	s.now = s.now.AddDate(2, 0, 0)
	if body := s.Page("/"); !strings.Contains(body, "No tree has a revision in the last 365 days.") || strings.Contains(body, "Look back") {
		t.Error(body)
	}
}

// namesIn returns the trees of the table, in its order, with "|" between groups.
func namesIn(body string) string {
	var all []string
	for _, line := range strings.Split(body, "\n") {
		if strings.Contains(line, `scope="rowgroup"`) && len(all) > 0 {
			all = append(all, "|")
		}
		if _, rest, ok := strings.Cut(line, `class="nw"><a href="/tree/`); ok {
			name, _, _ := strings.Cut(rest, "/")
			all = append(all, name)
		}
	}
	return strings.Join(all, " ")
}

func TestFilters(t *testing.T) {
	s := serve(t, trees())
	for path, want := range map[string]string{
		"/":                                   "next net | mainline | tip wireless",
		"/?sort=name":                         "mainline net next tip wireless",
		"/?sort=newest":                       "mainline net next tip wireless",
		"/?days=30":                           "next net | mainline | tip wireless old",
		"/?tree=NEX":                          "next",
		"/?tree=x86":                          "tip",
		"/?tree=-example.org%2Fti&tree=-next": "net | mainline | wireless",
		"/?tree=next&tree=tip":                "next | tip",
		"/?origin=redhat":                     "mainline",
		"/?origin=redhat&tree=next":           "",
		"/?origin=nobody":                     "",
		"/?as_of=2026-11-27T06%3A00%3A00Z":    "mainline net next tip wireless",
		"/?after=3":                           "tip wireless",
	} {
		w := s.Get(path)
		if got := namesIn(w.Body.String()); w.Code != 200 || got != want {
			t.Errorf("%s: %d, %s, want %s", path, w.Code, got, want)
		}
		if s.Statements() > 8 {
			t.Errorf("%s: %d statements", path, s.Statements())
		}
	}
	for path, want := range map[string]string{
		"/?sort=best": "sort=best selects nothing", "/?days=0": "days=0 selects nothing", "/?after=-1": "after=-1 selects nothing",
		"/?as_of=today": "as_of=today selects nothing", "/?tre=next": "This page has no parameter",
	} {
		if w := s.Get(path); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if body := s.Page("/?origin=nobody&tree=x"); !strings.Contains(body, "that the filter selects") {
		t.Error(body)
	}
}

// A page of the past says nothing about the senders of today.
func TestPast(t *testing.T) {
	s := serve(t, trees())
	if body := s.Page("/?as_of=2026-11-27T06%3A00%3A00Z"); strings.Contains(body, "Last 24 hours") || !strings.Contains(body, "next-2") || strings.Contains(body, "next-3") {
		t.Error(body)
	}
}

// An origin says that a revision is complete: nothing more is expected.
func TestComplete(t *testing.T) {
	r := trees()
	for i := range r.Checkouts {
		r.Checkouts[i].OriginTestsFinishTime = new(pagestest.Now)
	}
	s := serve(t, r)
	if got := namesIn(s.Page("/")); got != "next net | mainline tip wireless" {
		t.Error(got)
	}
}

func TestRowsAreBounded(t *testing.T) {
	statements := 0
	for _, n := range []int{20, 120} {
		w := new(pagestest.Builder)
		for i := range n {
			for hour := range 3 {
				w.Checkout("maestro", fmt.Sprintf("tree%03d", i), "main", fmt.Sprintf("r%d", hour), float64(3-hour))
				w.Build("arm64 defconfig gcc-14", []string{"PASS", "PASS", "FAIL"}[hour])
			}
		}
		s := serve(t, &w.Report)
		body := s.Page("/")
		if got := strings.Count(body, `class="nw"><a`); got != min(n, rowsAtOnce) {
			t.Errorf("%d trees: %d rows", n, got)
		}
		if n > rowsAtOnce && !strings.Contains(body, `href="/?after=50"`) {
			t.Error("no link to the next rows")
		}
		if statements != 0 && s.Statements() != statements || s.Statements() > 8 {
			t.Errorf("%d statements, and %d before", s.Statements(), statements)
		}
		statements = s.Statements()
	}
}

// Names that are long, or that change the direction of writing, do not change the page
// around them.
func TestHostileNames(t *testing.T) {
	const evil = "<b>\"'&\u202e\x1b[31m\u2066\r\nb"
	w := new(pagestest.Builder)
	for hour := range 3 {
		w.Checkout("ci", evil, evil, fmt.Sprint(evil, hour, strings.Repeat("c", 1<<20)), float64(3-hour))
		w.Checkouts[hour].GitCommitHash = new(pagestest.Hash(fmt.Sprint(hour)))
		w.Build("a b c", "PASS")
		w.Builds[hour].Architecture = new(evil)
		w.Test(evil, evil, evil, []string{"PASS", "PASS", "FAIL"}[hour]).LogExcerpt = new("BUG: " + evil + strings.Repeat("x", 1<<16))
	}
	s := serve(t, &w.Report)
	for _, path := range []string{"/", feedPath} {
		page := s.Page(path)
		if len(page) > 20<<10 {
			t.Errorf("%s has %d bytes", path, len(page))
		}
		if i := strings.IndexAny(page, "\u202e\u2066\x1b\r"); i >= 0 {
			t.Errorf("%s has %q", path, page[i:][:4])
		}
		if strings.Contains(page, "<b>\"") {
			t.Errorf("%s has the markup of a name", path)
		}
	}
}

func TestFeed(t *testing.T) {
	s := serve(t, trees())
	feed := feedtest.Read(t, s.Get(feedPath).Body.Bytes())
	var titles []string
	for _, e := range feed.Entries {
		titles = append(titles, e.Title)
	}
	slices.Sort(titles)
	want := []string{
		"next master: WARNING in iomap_iter_advance", "next master: kselftest.net.tls fails",
		"next master: riscv allmodconfig does not build", "next master: rock-5b does not boot",
	}
	if !slices.Equal(titles, want) {
		t.Errorf("%q", titles)
	}

	// A later revision adds entries, and changes no other.
	w := new(pagestest.Builder)
	w.Checkout("maestro", "next", "master", "next-4", 0.5)
	w.Build("arm64 defconfig gcc-14", "PASS")
	w.Test("kselftest.arm64.sve", "khadas-vim3", "lava-ridge", "FAIL")
	s.Load(&w.Report)
	after := feedtest.Read(t, s.Get(feedPath).Body.Bytes())
	if len(after.Entries) != len(feed.Entries)+1 || after.Entries[0].Title != "next master: kselftest.arm64.sve fails" {
		t.Fatalf("%+v", after.Entries)
	}
	for i, e := range feed.Entries {
		if got := after.Entries[i+1]; got.ID != e.ID || got.Updated != e.Updated || got.Title != e.Title {
			t.Errorf("%+v became %+v", e, got)
		}
	}
	if s.Get("/?tree=next.atom").Code != 200 {
		t.Error("the parameter of a tree may end like a feed")
	}
}

// The senders are read once for a while.
func TestSendersAreKept(t *testing.T) {
	s := serve(t, trees())
	queued := func() bool { return strings.Contains(s.Page("/"), "7 submissions in the queue") }
	if queued() {
		t.Fatal("the queue is not empty")
	}
	s.queued = 7
	s.now = s.now.Add(9 * time.Second)
	if queued() {
		t.Error("the senders were read again at once")
	}
	s.now = s.now.Add(2 * time.Second)
	if !queued() {
		t.Error("the senders were not read again")
	}
}

func TestTrouble(t *testing.T) {
	s := serve(t, trees())
	s.broken = errors.New("secret")
	if w := s.Get("/"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "Results that were sent are safe.") || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("without a queue: %d %s", w.Code, w.Body)
	}
	s.broken = nil
	s.Store.Close()
	for _, path := range []string{"/", feedPath} {
		if w := s.Get(path); w.Code < 500 || strings.Contains(w.Body.String(), "sql") {
			t.Errorf("%s without a database: %d %s", path, w.Code, w.Body)
		}
	}
	s.Shell.Answers, s.Shell.Verdicts = nil, nil
	if w := s.Get("/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "keeps no counts") {
		t.Errorf("of a database without counts: %d %s", w.Code, w.Body)
	}
	if w := s.Get(feedPath); w.Code != http.StatusNotImplemented || w.Body.Len() != 0 {
		t.Errorf("the feed of a database without counts: %d %s", w.Code, w.Body)
	}
}

// lagging is a store that is a replica.
type lagging struct {
	*sqlite.Store
	lag time.Duration
}

func (s *lagging) Lag(context.Context) (time.Duration, error) { return s.lag, nil }

// The page shows the age of its data if a replica lags.
func TestReplicaLags(t *testing.T) {
	for lag, want := range map[time.Duration]string{
		0: "", 59 * time.Second: "", time.Minute: "These results are 1 minute old: the database that they are read from lags behind.", 2 * time.Hour: "These results are 120 minutes old: ",
	} {
		s := serve(t)
		s.Shell.Store = &lagging{s.Store, lag}
		body := s.Page("/")
		if strings.Contains(body, "These results are") != (want != "") || !strings.Contains(body, want) {
			t.Errorf("%v behind: %s", lag, body)
		}
	}
}
