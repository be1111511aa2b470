// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed/feedtest"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

var now = pagestest.Now

// serve returns the pages with reports.
func serve(t *testing.T, tokens bool, reports ...*report.Report) *pagestest.World {
	t.Helper()
	w := pagestest.New(t, Routes, reports...)
	w.Shell.Tokens = tokens
	return w
}

// TestStories: the pages find the silent origin and the sick lab of the stories.
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
	h := serve(t, false, slices.Collect(sample.Stories(now))...)
	for path, all := range map[string][]string{
		"/origins":           {"1 of ", "is silent: redhat."},
		"/origin/redhat":     {"SILENT", "redhat sent nothing for 26 h; it usually sends results every"},
		"/origin/maestro":    {"sends as usual", "lava-harbour", "mainline"},
		"/labs":              {"more results than usual: lava-harbour."},
		"/lab/lava-harbour":  {"LAB", "lava-harbour lost", "503 Service Unavailable", "Lost from"},
		"/lab/lava-meadow":   {"works as usual"},
		"/labs?q=nothing":    {"No lab has a name with these words"},
		"/origins?q=nothing": {"No origin has a name with these words"},
	} {
		w := h.Get(path)
		for _, want := range all {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d, without %q", path, w.Code, want)
			}
		}
	}
}

// results returns the nth results of a lab, from some hours ago: boots that pass, and lost
// ones.
func results(origin, lab string, n, hoursAgo, pass, lost int) *report.Report {
	at := now.Add(-time.Duration(hoursAgo) * time.Hour)
	id := fmt.Sprintf("%s:%d", origin, n)
	misc := func(more string) json.RawMessage {
		text, _ := json.Marshal(lab)
		return json.RawMessage(`{"runtime": ` + string(text) + more + `}`)
	}
	r := &report.Report{
		Checkouts: []report.Checkout{{
			ID: id, Origin: origin, TreeName: new("mainline"), GitRepositoryBranch: new("master"), GitCommitHash: new(fmt.Sprintf("%040d", n)),
			GitCommitName: new(fmt.Sprintf("v7.4-rc%d", 9-n)), StartTime: &at, Timestamp: &at,
		}},
		Builds: []report.Build{{ID: id, Origin: origin, CheckoutID: id, Architecture: new("arm64"), StartTime: &at, Timestamp: &at, Status: new(report.StatusPass)}},
	}
	for i := range pass + lost {
		test := report.Test{
			ID: fmt.Sprintf("%s-%d", id, i), Origin: origin, BuildID: id, Path: new("boot"), StartTime: &at, Timestamp: &at, Status: new(report.StatusPass), Misc: misc(""),
			Environment: &report.Environment{Misc: json.RawMessage(`{"platform": "board-1"}`)},
		}
		if i >= pass {
			test.Status, test.Misc = new(report.StatusMiss), misc(`, "error_msg": "<b>no power</b>"`)
		}
		r.Tests = append(r.Tests, test)
	}
	return r
}

// world returns the pages of an origin with a sick lab, and of a silent origin.
func world(t *testing.T, tokens bool) *pagestest.World {
	t.Helper()
	var reports []*report.Report
	for day := range 7 {
		lost := 0
		if day == 0 {
			lost = 6
		}
		reports = append(reports, results("ci", "lab-1", day, 1+24*day, 10, lost), results("old", "", day, 7*24+day, 3, 0))
	}
	w := serve(t, tokens, reports...)
	hour := now.Add(-time.Hour)
	err := w.Store.SaveReceipts(t.Context(), []store.Receipt{
		{ID: "0a1b", Origin: "ci", Received: hour, Finished: hour.Add(2500 * time.Millisecond), Bytes: 12_000, Objects: 18},
		{ID: "0a1c", Origin: "ci", Received: hour, Finished: hour.Add(time.Minute), Bytes: 100, Objects: 1, Failure: `tests[3]: "secret" is no status`},
		{ID: "0a1d", Origin: "none", Received: hour, Finished: hour, Bytes: 100, Objects: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestGolden(t *testing.T) {
	w := world(t, true)
	pagestest.Golden(t, "origins.html", w.Page("/origins"))
	pagestest.Golden(t, "origin.html", w.Page("/origin/ci?days=7"))
	pagestest.Golden(t, "labs.html", w.Page("/labs"))
	pagestest.Golden(t, "lab.html", w.Page("/lab/lab-1?days=7"))
	pagestest.Golden(t, "empty.html", serve(t, false).Page("/origins"))
}

// TestPages: pages with filters, with and without tokens, and with nothing to show.
func TestPages(t *testing.T) {
	open, guarded, empty := world(t, false), world(t, true), serve(t, false)
	for _, test := range []struct {
		name   string
		from   *pagestest.World
		path   string
		status int
		with   []string
		less   []string // must not be in the page
	}{
		{"reasons are the sender's", guarded, "/origin/ci", 200, []string{"0a1c", "REFUSED", "1 refused (50 %)", "in its receipt"}, []string{"is no status", "secret"}},
		{"reasons without tokens", open, "/origin/ci", 200, []string{"of all senders", "tests[N]: &#34;…&#34; is no status", "0a1d"}, []string{"secret"}},
		{"silent", open, "/origin/old", 200, []string{"SILENT", "old sent nothing for 7 d"}, nil},
		{"no origin", open, "/origin/nobody", 404, []string{"No such origin"}, nil},
		{"no name", open, "/origin/a/b", 404, []string{"No such page"}, nil},
		{"no lab", open, "/lab/nowhere", 404, []string{"No such lab"}, nil},
		{"lab of an origin", open, "/labs?origin=old", 200, []string{">old</a>"}, []string{"/lab/lab-1"}},
		{"lab without the origin", open, "/labs?origin=-ci", 200, nil, []string{"/lab/lab-1"}},
		{"no such lab", open, "/labs?origin=nobody", 200, []string{"Show the labs of all origins"}, nil},
		{"search", open, "/origins?q=OL", 200, []string{"/origin/old"}, []string{`"/origin/ci"`}},
		{"days", open, "/origins?days=0", 400, []string{"from 1 to 366"}, nil},
		{"parameter", open, "/origins?day=1", 400, []string{"days, q"}, nil},
		{"JSON", open, "/lab/lab-1.json", 302, nil, nil},
		{"no labs", empty, "/labs", 200, []string{"No lab ran anything in the last 7 days", "kcidb submit"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := test.from.Get(test.path)
			if w.Code != test.status {
				t.Errorf("%d, want %d", w.Code, test.status)
			}
			for _, want := range test.with {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("the page does not have %q", want)
				}
			}
			for _, text := range test.less {
				if strings.Contains(w.Body.String(), text) {
					t.Errorf("the page has %q", text)
				}
			}
		})
	}
}

// TestHostile: names of origins, labs and boards that are markup, move the cursor or are
// long.
func TestHostile(t *testing.T) {
	lab := "<script>\u202e\x1b[2J" + strings.Repeat("x", 900)
	h := serve(t, false, results("ci", lab, 0, 1, 1, 9), results("ci", lab, 1, 25, 1, 9))
	link := regexp.MustCompile(`href="(/lab/[^"]*)"`).FindStringSubmatch(h.Page("/labs"))
	if link == nil {
		t.Fatal("no link to the lab")
	}
	for _, path := range []string{"/labs", link[1], "/origin/ci"} {
		w := h.Get(path)
		if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, "<script>") || strings.Contains(body, "<b>no power") || strings.ContainsAny(body, "\u202e\x1b") {
			t.Errorf("%.40s: %d\n%s", path, w.Code, body)
		}
	}
}

// TestStatements: a page reads the database a few times. The first page reads also what all pages
// share for a while.
func TestStatements(t *testing.T) {
	for _, path := range []string{"/origins", "/origin/ci", "/origin/old", "/labs", "/lab/lab-1"} {
		w := world(t, true)
		w.Page(path)
		first := w.Statements()
		if w.Page(path); first > 9 || w.Statements() > 4 {
			t.Errorf("%s: %d statements, then %d", path, first, w.Statements())
		}
	}
}

func TestFeed(t *testing.T) {
	w := world(t, true)
	got := feedtest.Read(t, w.Get("/atom/origin/ci").Body.Bytes())
	var titles []string
	for _, e := range got.Entries {
		titles = append(titles, e.Title+" "+e.Links[0].Href)
	}
	if text := strings.Join(titles, ", "); text != "Refused: 100 bytes http://kcidb.example.org/submission/0a1c, "+
		"Stored: 18 objects http://kcidb.example.org/submission/0a1b, Stored: 1 object http://kcidb.example.org/submission/0a1d" {
		t.Error(text)
	}
	for path, want := range map[string]int{"/atom/origin/other": 404, "/atom/origin/": 404, "/origin/ci.atom": 302} {
		if code := w.Get(path).Code; code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}
