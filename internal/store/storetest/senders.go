// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// sendersNow is the moment at which the senders are looked at.
var sendersNow = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

// loadSenders loads the results of two origins. "a" sent a build each hour until 27 hours
// ago, and an hour later the tests of a lab that lost six of ten. "b" sends tests only.
func loadSenders(t *testing.T, db store.Store) {
	t.Helper()
	ago := func(hours float64) *time.Time {
		return new(sendersNow.Add(-time.Duration(hours * float64(time.Hour))))
	}
	r := &report.Report{Checkouts: []report.Checkout{{
		ID: "a:c", Origin: "a", GitRepositoryURL: new("https://example.org/a"), GitCommitHash: new("1234567890"), StartTime: ago(37), Timestamp: ago(36),
	}}}
	for n := range 10 {
		r.Builds = append(r.Builds, report.Build{
			ID: fmt.Sprintf("a:b%d", n), Origin: "a", CheckoutID: "a:c", StartTime: ago(37), Timestamp: ago(36 - float64(n)), Status: new(report.StatusPass),
		})
		test := report.Test{
			ID: fmt.Sprintf("a:t%d", n), Origin: "a", BuildID: "a:b1", Path: new("boot"), StartTime: ago(26.5), Timestamp: ago(26), Status: new(report.StatusPass),
			Misc: json.RawMessage(`{"runtime": "lab-1"}`), Environment: &report.Environment{Misc: json.RawMessage(`{"platform": "board"}`)},
		}
		if n < 6 {
			test.Status, test.Misc = new(report.StatusMiss), json.RawMessage(`{"runtime": "lab-1", "error_msg": "503"}`)
		}
		r.Tests = append(r.Tests, test, report.Test{
			ID: fmt.Sprintf("b:t%d", n), Origin: "b", BuildID: "b:b", Path: new("ltp.a"), StartTime: ago(float64(12 * n)), Timestamp: ago(0), Status: new(report.StatusFail),
		})
	}
	mustLoad(t, db, r, store.LoadOptions{Metadata: true})
	err := db.SaveReceipts(t.Context(), []store.Receipt{
		{ID: "r1", Origin: "a", Received: *ago(26), Finished: ago(26).Add(30 * time.Second), Bytes: 100, Objects: 10},
		{ID: "r2", Origin: "a", Received: *ago(2), Finished: ago(2).Add(2 * time.Minute), Bytes: 5, Objects: 1, Failure: "tests[3]: no"},
		{ID: "r3", Origin: "none", Received: *ago(27), Finished: ago(27).Add(time.Second), Bytes: 7, Objects: 2},
		{ID: "r4", Origin: "none", Received: *ago(1), Finished: *ago(1), Bytes: 7, Objects: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// senders asks which origins and labs are well, and how much each sent.
func (s suite) senders(t *testing.T) {
	db := s.store(t)
	loadSenders(t, db)
	all, ctx := answers.Of(db), t.Context()
	today := rollup.DayOf(sendersNow)
	days := answers.Days{First: today - 1, Last: today}
	yesterday := time.Date(2026, 3, 19, 0, 0, 0, 0, time.UTC)
	check := func(what string, err error, want, got any) {
		t.Helper()
		if diff := gocmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}

	h, err := all.Health(ctx, sendersNow)
	check("Health", err, &answers.Health{
		Origins: []answers.OriginHabit{
			{Origin: "a", Last: sendersNow.Add(-27 * time.Hour), Tested: sendersNow.Add(-26 * time.Hour), Arrivals: 10, Usual: time.Hour, Longest: time.Hour},
			{Origin: "b", Last: yesterday.AddDate(0, 0, 2), Arrivals: 5, Usual: 67*time.Hour + 12*time.Minute, Longest: 67*time.Hour + 12*time.Minute},
		},
		Labs: []answers.LabHealth{
			{Lab: "b", Today: answers.LabResults{Results: 2}, Yesterday: answers.LabResults{Results: 2}, Before: answers.LabResults{Results: 6}},
			{Lab: "lab-1", Yesterday: answers.LabResults{Results: 10, Lost: 6}},
		},
		Arrived: answers.Arrived{Submissions: 2, Objects: 2, Refused: 1, Origins: 2},
		Started: answers.Amounts{Boots: 10, Tests: 4},
	}, h)
	if !h.Origins[0].Silent(sendersNow) || h.Origins[1].Silent(sendersNow) || h.Labs[0].Sick() || !h.Labs[1].Sick() {
		t.Errorf("silent or sick: %+v", h)
	}

	volumes, err := all.Volumes(ctx, answers.VolumesOf{Days: days, Origin: "b"})
	ofB := answers.Volume{Origin: "b", Lab: "b", Kind: rollup.Tests, Status: report.StatusFail, N: 2}
	b1, b2 := ofB, ofB
	b1.Day, b2.Day = today-1, today
	check("Volumes of an origin", err, []answers.Volume{b1, b2}, volumes)
	volumes, err = all.Volumes(ctx, answers.VolumesOf{Days: days, Lab: "b"})
	check("Volumes of a lab", err, []answers.Volume{b1, b2}, volumes)
	statistics, err := all.Statistics(ctx, answers.VolumesOf{Days: days})
	check("Statistics", err, answers.Amounts{Boots: 10, Tests: 4}, statistics.Now.Amounts)
	check("Statistics before", err, answers.Amounts{Checkouts: 1, Builds: 10, Tests: 4}, statistics.Before.Amounts)
	check("Trees", err, []int64{0, 1}, []int64{statistics.Now.Trees, statistics.Before.Trees})

	receipts, err := all.ReceiptDays(ctx, days)
	check("ReceiptDays", err, []answers.ReceiptDay{
		{Day: today - 1, Submitter: "a", Submissions: 1, Objects: 10, Delay: 30 * time.Second, Longest: 30 * time.Second, Prompt: 1, Last: sendersNow.Add(30*time.Second - 26*time.Hour)},
		{Day: today - 1, Submitter: "none", Submissions: 1, Objects: 2, Delay: time.Second, Longest: time.Second, Prompt: 1, Last: sendersNow.Add(time.Second - 27*time.Hour)},
		{Day: today, Submitter: "a", Submissions: 1, Refused: 1, Delay: 2 * time.Minute, Longest: 2 * time.Minute, Last: sendersNow.Add(2*time.Minute - 2*time.Hour)},
		{Day: today, Submitter: "none", Submissions: 1, Objects: 2, Prompt: 1, Last: sendersNow.Add(-time.Hour)},
	}, receipts)
	refusals, err := all.Refusals(ctx, days, 9)
	check("Refusals", err, []answers.Refusal{{Failure: "tests[3]: no", N: 1}}, refusals)
	arrivals, err := all.Arrivals(ctx, "a", yesterday, sendersNow, 9)
	check("Arrivals", err, []answers.Arrival{
		{ID: "r2", Received: sendersNow.Add(-2 * time.Hour), Finished: sendersNow.Add(2*time.Minute - 2*time.Hour), Objects: 1, Bytes: 5, Refused: true},
		{ID: "r1", Received: sendersNow.Add(-26 * time.Hour), Finished: sendersNow.Add(30*time.Second - 26*time.Hour), Objects: 10, Bytes: 100},
		{ID: "r3", Received: sendersNow.Add(-27 * time.Hour), Finished: sendersNow.Add(time.Second - 27*time.Hour), Objects: 2, Bytes: 7},
	}, arrivals)

	counts, err := all.LabCounts(ctx, "lab-1", days)
	var lost, results int64
	for _, c := range counts {
		if results += c.N; c.Lost() && c.Reason == "503" && c.Platform == "board" && c.Kind == rollup.Boots && c.BuildID == "a:b1" {
			lost += c.N
		}
	}
	check("LabCounts", err, []int64{6, 10}, []int64{lost, results})
	n := 0
	err = all.LostAt(ctx, "lab-1", []string{"a:b1"}, days, func(at int64) {
		if n++; at != sendersNow.Add(-26*time.Hour-30*time.Minute).UnixMicro() {
			t.Error("lost at", at)
		}
	})
	check("LostAt", err, 6, n)
	checkouts, err := all.CheckoutsOfBuilds(ctx, []string{"a:b1", "a:b2", "b:b"})
	check("CheckoutsOfBuilds", err, []string{"a:c 1234567890"}, []string{checkouts[0].CheckoutID + " " + checkouts[0].CommitHash})
}
