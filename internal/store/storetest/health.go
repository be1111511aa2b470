// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// health asks how the senders of results are.
func (s suite) health(t *testing.T) {
	db := s.ready(t)
	now := time.Date(2026, 3, 20, 18, 0, 0, 0, time.UTC)
	r := &report.Report{}
	for hour := range 10 * 24 {
		at := now.Add(-time.Duration(hour+1) * time.Hour)
		for origin, last := range map[string]int{"steady": 0, "silent": 30, "rare": 40} {
			if hour < last || origin == "rare" && hour%24 != 16 {
				continue
			}
			id := fmt.Sprintf("%s:%d", origin, hour)
			r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: origin, Timestamp: &at, StartTime: &at})
			r.Builds = append(r.Builds, report.Build{ID: id, Origin: origin, CheckoutID: id, Timestamp: &at, StartTime: &at})
		}
	}
	for day := range 5 {
		at := now.AddDate(0, 0, -day)
		for n := range 20 {
			for _, lab := range []string{"sick", "well"} {
				status := report.StatusPass
				if lab == "sick" && day == 1 && n < 6 {
					status = report.StatusMiss
				}
				r.Tests = append(r.Tests, report.Test{
					ID: fmt.Sprintf("tests:%s-%d-%d", lab, day, n), Origin: "tests", BuildID: "steady:1", Status: &status, StartTime: &at,
					Misc: json.RawMessage(`{"runtime":"` + lab + `"}`),
				})
			}
		}
	}
	mustLoad(t, db, r, store.LoadOptions{Metadata: true})
	receipts := []store.Receipt{
		{ID: "1", Origin: "steady", Received: now, Finished: now.Add(-time.Hour), Objects: 5},
		{ID: "2", Origin: "steady", Received: now, Finished: now.Add(-2 * time.Hour), Objects: 7, Failure: "not valid"},
		{ID: "3", Origin: "silent", Received: now, Finished: now.Add(-25 * time.Hour), Objects: 9},
	}
	if err := requireAs[store.Store](t, db).SaveReceipts(t.Context(), receipts); err != nil {
		t.Fatal(err)
	}
	h, err := answers.Of(db).Health(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	var origins, labs []string
	for _, o := range h.Origins {
		origins = append(origins, fmt.Sprintf("%s %s %t", o.Origin, now.Sub(o.Last), o.Silent(now)))
	}
	expectSame(t, "origins", origins, []string{"rare 41h0m0s false", "silent 31h0m0s true", "steady 1h0m0s false", "tests -6h0m0s false"})
	for _, l := range h.Labs {
		lost, today := l.Lost()
		labs = append(labs, fmt.Sprintf("%s %d of %d %t %t", l.Lab, lost.Lost, lost.Results, today, l.Sick()))
	}
	expectSame(t, "labs", labs, []string{"sick 6 of 20 false true", "well 0 of 20 true false"})
	expectSame(t, "arrived", h.Arrived, answers.Arrived{Submissions: 2, Objects: 5, Refused: 1, Origins: 1})
	if h.Started.Tests != 80 || h.Started.Checkouts != h.Started.Builds || h.Started.Builds == 0 {
		t.Errorf("started yesterday and today: %+v", h.Started)
	}
	none, err := answers.Of(db).Health(t.Context(), now.AddDate(-1, 0, 0))
	if err != nil || len(none.Labs) != 0 || none.Started.Tests != 0 {
		t.Errorf("a year before: %+v, %v", none, err)
	}

	done := now
	mustLoad(t, db, &report.Report{Checkouts: []report.Checkout{
		{ID: "p:1", Origin: "p", GitCommitHash: new("abc"), OriginBuildsFinishTime: &done, OriginTestsFinishTime: &done},
		{ID: "p:2", Origin: "p", GitCommitHash: new("abc"), OriginBuildsFinishTime: &done},
		{ID: "p:3", Origin: "p", GitCommitHash: new("def")},
	}}, store.LoadOptions{})
	progress, err := answers.Of(db).ProgressOf(t.Context(), []string{"abc", "xyz"})
	if err != nil {
		t.Fatal(err)
	}
	expectSame(t, "progress", progress, map[string]answers.Progress{"abc": {Checkouts: 2, Built: 2, Tested: 1}})
}
