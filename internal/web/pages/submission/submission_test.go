// SPDX-License-Identifier: Apache-2.0

package submission

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/report"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

var received = pagestest.Now.Add(-time.Hour)

// submitted is a report that was received an hour ago, and that could be better.
func submitted() *report.Report {
	r := &report.Report{
		Checkouts: []report.Checkout{{
			ID: "ci:c", Origin: "ci", TreeName: new("next"), GitRepositoryBranch: new("master"), PatchsetHash: new(""),
			GitCommitHash: new("6f1c0d3a9b2e47d0b5518ca7f3e6d2a19c04be77"), GitCommitName: new("next-20261127"), StartTime: &received,
		}},
		Builds: []report.Build{{ID: "ci:b", Origin: "ci", CheckoutID: "ci:c", Status: new(report.StatusPass)}},
		Tests: []report.Test{
			{ID: "ci:t1", Origin: "ci", BuildID: "ci:b", Path: new("boot"), Status: new(report.StatusFail)},
			{ID: "ci:t2", Origin: "ci", BuildID: "ci:late<b>", Status: new(report.StatusPass), StartTime: new(received.Add(6 * time.Hour))},
		},
	}
	r.SetTimestamps(received)
	return r
}

func receipt(failure string) store.Receipt {
	return store.Receipt{ID: "abc1", Origin: "ci", Received: received, Finished: received.Add(1100 * time.Millisecond), Bytes: 1_400_000, Objects: 5, Failure: failure}
}

// routes returns the routes of the room for one state.
func routes(state submit.State) func(*front.Front, *shell.Shell) {
	return func(f *front.Front, s *shell.Shell) {
		Routes(f, s, func(context.Context, string) (submit.State, error) { return state, nil })
	}
}

func TestSubmission(t *testing.T) {
	for name, state := range map[string]submit.State{
		"loaded":  {Stage: submit.Loaded, Receipt: receipt("")},
		"givenup": {Stage: submit.GivenUp, Receipt: receipt("not a valid report: <b>tests[411]</b> has no status")},
		"waiting": {Stage: submit.Waiting},
		"unsure":  {Stage: submit.Unsure},
	} {
		t.Run(name, func(t *testing.T) {
			w := pagestest.New(t, routes(state), submitted())
			w.Shell.Tokens = true // otherwise a receipt has no origin
			pagestest.Golden(t, name+".html", w.Page("/submission/abc1"))
			if n := w.Statements(); n > 9 {
				t.Errorf("%d statements", n)
			}
			if to := w.Get("/submission/abc1.json").Header().Get("Location"); to != "/status?id=abc1" {
				t.Errorf("JSON leads to %q", to)
			}
		})
	}
}

// A submission with rejected objects says what is wrong with them, and shows none of their
// data but what the faults have.
func TestRejectedObjects(t *testing.T) {
	r := receipt("")
	r.Version, r.Rejected = "5.0", 3
	r.Details = store.Details{
		Loaded:  []store.Loaded{{List: store.Tests, Effect: store.New, Count: 4, IDs: []string{"ci:t1"}}, {List: store.Tests, Effect: store.Unchanged, Count: 1}},
		Repairs: []report.Repair{{Kind: report.RepairNUL, List: "tests", Pointer: "/tests/0/comment", Text: "U+FFFD replaced NUL characters: 2"}}, MoreRepairs: 1,
	}
	state := submit.State{Stage: submit.Loaded, Receipt: r}
	w := pagestest.New(t, routes(state), submitted())
	var rejected []store.Rejected
	for i, id := range []string{"ci:<bad>", "", "ci:mended"} {
		rejected = append(rejected, store.Rejected{
			Submission: "abc1", Origin: "ci", Received: received, List: "tests", Place: i, ID: id, Document: []byte("SECRET"),
			Faults: []report.Fault{{Kind: report.KindEnum, List: "tests", Index: i, ID: id, Pointer: "/tests/0/status", Expected: "one of FAIL, PASS", Found: `"<b>OK"`}},
		})
	}
	if _, err := w.Shell.Store.Load(t.Context(), &report.Report{}, store.LoadOptions{Rejected: rejected}); err != nil {
		t.Fatal(err)
	}
	if err := tray.New(w.Shell.Answers.DB).Settle(t.Context(), tray.Corrected, "abc2", tray.Place{Submission: "abc1", List: "tests", Place: 2}); err != nil {
		t.Fatal(err)
	}
	w.Shell.Tokens = true
	page := w.Page("/submission/abc1")
	pagestest.Golden(t, "rejected.html", page)
	if strings.Contains(page, "SECRET") {
		t.Error("the page shows the data of a rejected object")
	}
	w.Looks(t, "/submission/abc1")
}

// Objects that the page does not have may wait: a public database has none of a submission with
// private objects, and the page has only the first 100.
func TestRejectedObjectsThatAreUnknown(t *testing.T) {
	const settled, more = "None of these waits for a correction.", "And 1 more."
	for name, tt := range map[string]struct {
		rejected, kept int
		mark           string
		has, lacks     []string
	}{
		"none is known":          {3, 0, ">IN PART ON THE PAGES<", nil, []string{settled, "more."}},
		"one is unknown":         {3, 2, ">IN PART ON THE PAGES<", []string{more}, []string{settled}},
		"one is not on the page": {101, 101, ">IN PART ON THE PAGES<", []string{more}, []string{settled}},
		"all are known":          {3, 3, ">ON THE PAGES<", []string{settled}, []string{"more."}},
	} {
		t.Run(name, func(t *testing.T) {
			r := receipt("")
			r.Rejected = tt.rejected
			w := pagestest.New(t, routes(submit.State{Stage: submit.Loaded, Receipt: r}), submitted())
			var rejected []store.Rejected
			var places []tray.Place
			for i := range tt.kept {
				rejected = append(rejected, store.Rejected{Submission: "abc1", Origin: "ci", Received: received, List: "tests", Place: i, Document: []byte("{}"), Faults: []report.Fault{}})
				places = append(places, tray.Place{Submission: "abc1", List: "tests", Place: i})
			}
			if _, err := w.Shell.Store.Load(t.Context(), &report.Report{}, store.LoadOptions{Rejected: rejected}); err != nil {
				t.Fatal(err)
			}
			if err := tray.New(w.Shell.Answers.DB).Settle(t.Context(), tray.Dropped, "", places...); err != nil {
				t.Fatal(err)
			}
			page := w.Page("/submission/abc1")
			for _, text := range append(tt.has, tt.mark) {
				if !strings.Contains(page, text) {
					t.Errorf("the page lacks %q", text)
				}
			}
			for _, text := range tt.lacks {
				if strings.Contains(page, text) {
					t.Errorf("the page has %q", text)
				}
			}
		})
	}
}

func TestUnknownSubmission(t *testing.T) {
	w := pagestest.New(t, routes(submit.State{}))
	for _, path := range []string{"/submission/abc1", "/submission/a%2Fb", "/submission/", "/submission/a/b", "/submission/%3Cscript%3E"} {
		if answer := w.Get(path); answer.Code != 404 || !strings.Contains(answer.Body.String(), "No submission has this ID") {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
}

// Without counts the page has the receipt alone.
func TestSubmissionWithoutCounts(t *testing.T) {
	w := pagestest.New(t, routes(submit.State{Stage: submit.Loaded, Receipt: receipt("")}), submitted())
	w.Shell.Answers, w.Shell.Verdicts = nil, nil
	w.Serve(routes(submit.State{Stage: submit.Loaded, Receipt: receipt("")}))
	if page := w.Page("/submission/abc1"); !strings.Contains(page, "All 5 objects are stored, 1.1 s after they came.") || strings.Contains(page, "What it brought") {
		t.Error(page)
	}
}

// TestTray: the page of the tray shows the waiting objects of the token's origins, and none of
// their data but what the faults have.
func TestTray(t *testing.T) {
	w := pagestest.New(t, func(*front.Front, *shell.Shell) {})
	var rejected []store.Rejected
	for i, origin := range []string{"ci", "ci", "other"} {
		rejected = append(rejected, store.Rejected{
			Submission: "abc1", Origin: origin, Received: received, List: "tests", Place: i, ID: origin + ":<bad>", Document: []byte("SECRET"),
			Faults: []report.Fault{{Kind: report.KindEnum, List: "tests", Index: i, Pointer: "/tests/0/status", Expected: "one of FAIL, PASS", Found: `"<b>OK"`}},
		})
	}
	if _, err := w.Shell.Store.Load(t.Context(), &report.Report{}, store.LoadOptions{Rejected: rejected}); err != nil {
		t.Fatal(err)
	}
	kept := tray.New(w.Shell.Answers.DB)
	if err := kept.Settle(t.Context(), tray.Dropped, "", tray.Place{Submission: "abc1", List: "tests", Place: 1}); err != nil {
		t.Fatal(err)
	}
	submitter := func(_ context.Context, h http.Header) ([]string, error) {
		switch h.Get("Authorization") {
		case "Bearer mine":
			return []string{"ci"}, nil
		case "Bearer all":
			return nil, nil
		}
		return nil, errors.New("InvalidToken")
	}
	w.Serve(func(f *front.Front, s *shell.Shell) { TrayRoutes(f, s, kept, submitter) })
	post := func(token, site string) (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/submit-results/tray", strings.NewReader("token="+token))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, r)
		return answer.Code, answer.Body.String()
	}
	code, page := post("mine", "same-origin")
	pagestest.Golden(t, "tray.html", page)
	if code != 200 || strings.Contains(page, "SECRET") || strings.Contains(page, "other:") || strings.Count(page, "<article") != 1 {
		t.Errorf("%d, and the page shows too much:\n%s", code, page)
	}
	if code, page := post("+all%0A", "same-origin"); code != 200 || strings.Count(page, "<article") != 2 {
		t.Errorf("an administrator sees, with %d:\n%s", code, page)
	}
	if code, page := post("wrong", "same-origin"); code != 403 || !strings.Contains(page, "InvalidToken") || strings.Contains(page, "<article") {
		t.Errorf("a wrong token: %d\n%s", code, page)
	}
	if code, _ := post("mine", "cross-site"); code != 403 {
		t.Errorf("the form of another site: %d", code)
	}
	if page := w.Page("/submit-results/tray"); !strings.Contains(page, `name="token"`) || strings.Contains(page, "<article") {
		t.Errorf("without a token:\n%s", page)
	}
	w.Looks(t, "/submit-results/tray")
	w.Serve(func(f *front.Front, s *shell.Shell) { TrayRoutes(f, s, kept, nil) })
	if page := w.Page("/submit-results/tray"); strings.Count(page, "<article") != 2 || strings.Contains(page, `href="/origin/`) {
		t.Errorf("on a service without tokens:\n%s", page)
	}
}
