// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed/feedtest"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

var now = pagestest.Now

// objects makes reports from short descriptions.
type objects struct{ report.Report }

func (o *objects) revision(tree, branch, hash string, age time.Duration) {
	start := now.Add(-age)
	o.Checkouts = append(o.Checkouts, report.Checkout{
		ID: "ci:" + hash, Origin: "ci", TreeName: &tree, GitRepositoryBranch: &branch, GitCommitHash: new(strings.Repeat(hash, 40)),
		GitCommitName: new("v7.4-" + hash), StartTime: &start, Timestamp: &start,
	})
	o.Builds = append(o.Builds, report.Build{
		ID: "ci:" + hash, Origin: "ci", CheckoutID: "ci:" + hash, Architecture: new("arm64"), ConfigName: new("defconfig"), Compiler: new("gcc-14"),
		Status: new(report.StatusPass), StartTime: &start, Timestamp: &start,
	})
}

// test adds a test of a board in a lab at the last revision, with a line of its log.
func (o *objects) test(path, board, lab string, status report.Status, log string) *report.Test {
	b := o.Builds[len(o.Builds)-1]
	t := report.Test{
		ID: fmt.Sprintf("ci:%d", len(o.Tests)), Origin: "ci", BuildID: b.ID, Path: &path, Status: &status,
		StartTime: b.StartTime, Timestamp: b.Timestamp, LogExcerpt: &log,
		Environment: &report.Environment{Misc: misc("platform", board), Compatible: []string{"maker," + board, "chip,x1"}},
		Misc:        misc("runtime", lab),
	}
	o.Tests = append(o.Tests, t)
	return &o.Tests[len(o.Tests)-1]
}

func misc(name, value string) json.RawMessage {
	text, err := json.Marshal(map[string]string{name: value})
	if err != nil {
		panic(err)
	}
	return text
}

const oops = "[    1.234567] BUG: KASAN: use-after-free in phy_deinit+0x1/0x2"

// story returns two branches with two revisions each: alpha does not boot the newest of
// next, a test fails on all boards of mainline, and a lab lost a test on gamma.
func story() *report.Report {
	o := &objects{}
	for _, revision := range []struct {
		tree, hash string
		age        time.Duration
	}{{"next", "a", 40 * time.Hour}, {"mainline", "b", 30 * time.Hour}, {"next", "c", 20 * time.Hour}, {"mainline", "d", 10 * time.Hour}} {
		o.revision(revision.tree, "master", revision.hash, revision.age)
		for _, board := range []string{"alpha", "beta", "gamma"} {
			if revision.hash == "c" && board == "alpha" {
				o.test("boot", board, "ridge", report.StatusFail, oops)
				o.test("boot", board, "meadow", report.StatusFail, oops)
				continue
			}
			o.test("boot", board, "ridge", report.StatusPass, "")
			status, log := report.StatusPass, ""
			if revision.tree == "mainline" {
				status, log = report.StatusFail, "not ok 1 x"
			}
			o.test("kselftest.x", board, "ridge", status, log)
			n := o.test("perf.latency", board, "ridge", report.StatusPass, "")
			n.Number = &report.Number{Value: float64(len(o.Tests)), Unit: new("us")}
		}
		o.test("ltp.lost", "gamma", "harbour", report.StatusMiss, "")
	}
	return &o.Report
}

func TestPages(t *testing.T) {
	w, empty := pagestest.New(t, Routes, story()), pagestest.New(t, Routes)
	for name, of := range map[string]struct {
		*pagestest.World
		path string
	}{
		"list.html": {w, "/hardware"}, "board.html": {w, "/hardware/alpha"}, "empty.html": {empty, "/hardware"},
		"notrun.html": {w, "/hardware/alpha?as_of=2026-12-28T00%3A00%3A00Z"},
	} {
		pagestest.Golden(t, name, of.Page(of.path))
	}
}

// verdictLine returns the text of the verdict line, without the second sentence.
func verdictLine(page string) string {
	_, line, _ := strings.Cut(page, `<p class="verdict `)
	_, line, _ = strings.Cut(line, ">")
	line, _, _ = strings.Cut(line, "\n")
	line, _, _ = strings.Cut(line, "</p>")
	return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(line, "")
}

func TestFilters(t *testing.T) {
	w := pagestest.New(t, Routes, story())
	for path, want := range map[string]string{
		"/hardware":                                         "1 NEW 1 of 3 boards has a new failure: alpha.",
		"/hardware?q=bet":                                   "OK No board of 1 board has a new failure at the newest revisions.",
		"/hardware?q=maker%2Cga":                            "OK No board of 1 board has a new failure at the newest revisions.",
		"/hardware?tree=mainline":                           "OK No board of 3 boards has a new failure at the newest revisions.",
		"/hardware?lab=harbour":                             "OK No board of 1 board has a new failure at the newest revisions.",
		"/hardware?arch=riscv":                              "NOT RUN No board was tested in 7 days.",
		"/hardware?origin=ci":                               "1 NEW 1 of 3 boards has a new failure: alpha.",
		"/hardware?origin=none":                             "NOT RUN No board was tested in 7 days.",
		"/hardware/chip%2Cx1":                               "1 NEW 1 of 3 boards has a new failure: alpha.",
		"/hardware/maker%2Cbeta":                            "OK No board of 1 board has a new failure at the newest revisions.",
		"/hardware/alpha":                                   "1 NEW Does not boot on next master since v7.4-c (KASAN: use-after-free in phy_deinit). It boots on 1 other branch.",
		"/hardware/alpha?tree=mainline":                     "1 STILL Boots on mainline master. Nothing new fails: 1 still failing.",
		"/hardware/alpha?lab=meadow":                        "1 NEW Does not boot on next master since v7.4-c (KASAN: use-after-free in phy_deinit). No other branch booted it in 7 days.",
		"/hardware/alpha?path=kselftest":                    "1 STILL No boot was reported, only other tests. Nothing new fails: 1 still failing.",
		"/hardware/alpha?revision=v7.4-a":                   "OK Boots on next master. Nothing fails.",
		"/hardware/alpha?revision=aaaaaaa&revision=ccccccc": "1 NEW Does not boot on next master since v7.4-c (KASAN: use-after-free in phy_deinit). It boots on 1 other branch.",
		"/hardware/alpha?origin=none":                       "NOT RUN No test on this board meets the filter.",
		"/hardware/alpha?as_of=2026-11-27T00%3A30%3A00Z":    "1 STILL Boots on all 2 branches that were tested. Nothing new fails: 1 still failing.",
		"/hardware/beta":                                    "1 STILL Boots on all 2 branches that were tested. Nothing new fails: 1 still failing.",
		"/hardware/gamma":                                   "1 STILL Boots on all 2 branches that were tested. Nothing new fails: 1 still failing.",
	} {
		if got := verdictLine(w.Page(path)); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// TestSkipBesidePasses: a skipped test says nothing about a board on which others pass.
func TestSkipBesidePasses(t *testing.T) {
	o := &objects{}
	o.revision("next", "master", "a", time.Hour)
	o.test("boot", "alpha", "ridge", report.StatusPass, "")
	o.test("ltp.x", "alpha", "ridge", report.StatusSkip, "")
	o.test("ltp.x", "beta", "ridge", report.StatusSkip, "")
	w := pagestest.New(t, Routes, &o.Report)
	for board, want := range map[string]string{"alpha": "OK", "beta": "SKIPPED"} {
		if line := verdictLine(w.Page("/hardware/" + board)); !strings.HasPrefix(line, want+" ") {
			t.Errorf("the page of %s: %s, want %s", board, line, want)
		}
		_, row, _ := strings.Cut(w.Page("/hardware?q="+board), "<tbody>")
		if row, _, _ = strings.Cut(row, "</tr>"); !strings.Contains(row, ">"+want+"<") {
			t.Errorf("the row of %s has no %s: %s", board, want, row)
		}
	}
}

func TestRefusals(t *testing.T) {
	w := pagestest.New(t, Routes, story())
	for path, want := range map[string]int{
		"/hardware/none": 404, "/hardware/alpha/x": 404, "/hardware/": 404, "/hardware/%00": 404, "/hardware/" + strings.Repeat("x", 5_000): 404,
		"/hardware?days=0": 400, "/hardware?days=x": 400, "/hardware?as_of=yesterday": 400, "/hardware?after=-1": 400, "/hardware?verdict=new": 400,
		"/hardware/alpha?" + url.Values{"revision": {"1", "2", "3", "4", "5", "6"}}.Encode(): 400,
		"/hardware?q=" + strings.Repeat("x", 5_000):                                          200, "/hardware/alpha?revision=none": 200, "/hardware?after=1000": 200,
		"/hardware?q=": 302,
	} {
		if got := w.Get(path).Code; got != want {
			t.Errorf("%.40s: %d, want %d", path, got, want)
		}
	}
	w.Shell.Verdicts = nil
	for _, path := range []string{"/hardware", "/hardware/x"} {
		if got := w.Get(path).Code; got != http.StatusNotImplemented {
			t.Errorf("%s of a database without counts: %d", path, got)
		}
	}
}

// TestHostile: texts of reports do not leave their place.
func TestHostile(t *testing.T) {
	const name = "<b>\"'&\u202e\x1b[31m/..,red"
	long := strings.Repeat("é", 5_000)
	o := &objects{}
	o.revision(name, name, "a", 30*time.Hour)
	o.test("boot", name, name, report.StatusPass, "")
	o.test(name+".x", name, name, report.StatusPass, "")
	o.revision(name, name, "b", 20*time.Hour)
	o.test("boot", name, name, report.StatusFail, "not ok 1 "+name)
	o.test(name+".x", name, long, report.StatusFail, name)
	o.test(long, name, name, report.StatusFail, long)
	number := o.test("perf", name, name, report.StatusPass, "")
	number.Number = &report.Number{Value: -1e300, Unit: new(name)}
	for i := range o.Tests {
		o.Tests[i].Environment.Compatible = []string{name, long}
	}
	w := pagestest.New(t, Routes, &o.Report)
	for _, path := range []string{"/hardware", "/hardware/" + url.PathEscape(name), "/hardware/" + url.PathEscape(name) + "?lab=" + url.QueryEscape(name)} {
		page := w.Page(path)
		if len(page) > 40_000 {
			t.Errorf("%s: %d bytes", path, len(page))
		}
		page = regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(page, "") // fields keep what they send
		for _, bad := range []string{"<b>\"", "\x1b", "\u202e", strings.Repeat("é", 1_000)} {
			if strings.Contains(page, bad) {
				t.Errorf("%s contains %.10q: %.80q", path, bad, page[max(0, strings.Index(page, bad)-40):])
			}
		}
	}
}

// TestStatements: a page asks the same number of questions however many boards and
// revisions there are, at most 8.
func TestStatements(t *testing.T) {
	large := &objects{}
	for i := range 20 {
		large.revision(fmt.Sprint("tree", i), "master", fmt.Sprintf("%x", i+16), time.Duration(30-i)*time.Hour)
		for board := range 60 {
			large.test("boot", fmt.Sprint("board", board), "lab", map[bool]report.Status{true: report.StatusPass, false: report.StatusFail}[(i+board)%3 > 0], "")
			large.test("ltp.x", fmt.Sprint("board", board), "lab", report.StatusPass, "")
		}
	}
	for name, of := range map[string]struct {
		report *report.Report
		board  string
	}{"small": {story(), "alpha"}, "large": {&large.Report, "board1"}} {
		w := pagestest.New(t, Routes, of.report)
		for _, path := range []string{"/hardware", "/hardware?lab=lab", "/hardware?tree=tree1", "/hardware/" + of.board, "/hardware/chip%2Cx1", "/hardware/" + of.board + "?revision=v7.4-10"} {
			if page := w.Page(path); w.Statements() == 0 || w.Statements() > 8 || len(page) > 60_000 {
				t.Errorf("%s: %s has %d statements, %d bytes", name, path, w.Statements(), len(page))
			}
		}
	}
}

// TestMuch: a board with more groups and causes than its page lists says how many more.
func TestMuch(t *testing.T) {
	o := &objects{}
	o.revision("next", "master", "a", time.Hour)
	for i := range boards.MaxShown + 10 {
		o.test(fmt.Sprintf("suite%d.x", i), "alpha", "ridge", report.StatusFail, "not ok 1 x")
	}
	page := pagestest.New(t, Routes, &o.Report).Page("/hardware/alpha")
	for _, want := range []string{fmt.Sprint(boards.MaxShown+10-maxColumns, " more groups"), "10 more causes"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestPager(t *testing.T) {
	o := &objects{}
	o.revision("next", "master", "a", time.Hour)
	for i := range 120 {
		o.test("boot", fmt.Sprintf("board%03d", i), "lab", report.StatusPass, "")
	}
	page := pagestest.New(t, Routes, &o.Report).Page("/hardware?after=50")
	for _, want := range []string{"51 to 100 of 120 boards", `href="/hardware"`, `href="/hardware?after=100"`, ">board050<", ">board099<"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(page, ">board049<") || strings.Contains(page, ">board100<") {
		t.Error("boards of other pages")
	}
}

// TestFeed: the feed of a board has what is new on it, and keeps it when more comes.
func TestFeed(t *testing.T) {
	w := pagestest.New(t, Routes, story())
	got := feedtest.Read(t, w.Get("/atom/hardware/alpha").Body.Bytes())
	if len(got.Entries) != 1 || got.Entries[0].Title != "next master: boot: KASAN: use-after-free in phy_deinit" {
		t.Fatalf("%+v", got)
	}
	o := &objects{}
	o.revision("next", "master", "e", time.Hour)
	o.test("boot", "alpha", "ridge", report.StatusPass, "").ID = "ci:again"
	o.test("perf.latency", "alpha", "ridge", report.StatusFail, "too slow").ID = "ci:slow"
	w.Load(&o.Report)
	more := feedtest.Read(t, w.Get("/atom/hardware/alpha").Body.Bytes())
	if len(more.Entries) != 2 || more.Entries[1].ID != got.Entries[0].ID || !strings.HasPrefix(more.Entries[0].Title, "next master: perf.latency") {
		t.Errorf("%+v", more)
	}
	for path, want := range map[string]int{"/atom/hardware/none": 404, "/atom/hardware/": 404, "/atom/hardware/alpha/x": 404, "/hardware/alpha.atom": 302} {
		if code := w.Get(path).Code; code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}
