// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/report"
)

// searchFor asks what a text finds, and expects the names of the branches, revisions, groups,
// causes and issues, and the types of the objects.
func searchFor(t *testing.T, st store.Sink, text string) string {
	t.Helper()
	ctx := t.Context()
	of, db := verdicts.Of(st), answers.Of(st)
	newest, err := of.Newest(ctx, time.Time{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	var keys []int64
	for _, b := range newest {
		for _, r := range b.Recent {
			keys = append(keys, r.Key)
		}
	}
	var found string
	note := func(err error, names ...string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found += " " + name
		}
	}
	branches, err := of.BranchesWith(ctx, text, 9)
	for _, b := range branches {
		note(nil, b.Tree+"/"+b.Name)
	}
	revisions, err2 := of.RevisionsNamed(ctx, text, 9)
	for _, r := range revisions {
		note(nil, r.CommitName)
	}
	groups, err3 := of.GroupsWith(ctx, keys, text, 9)
	for _, g := range groups {
		note(nil, g.Name)
	}
	causes, err4 := of.CausesWith(ctx, keys, text, 9)
	for _, c := range causes {
		note(nil, fmt.Sprintf("%s=%d", c.Path, c.Results))
	}
	issues, err5 := db.IssuesWith(ctx, text, 9)
	for _, i := range issues {
		note(nil, i.ID)
	}
	origins, labs, err7 := db.SendersWith(ctx, text, answers.Days{First: 0, Last: 1_000_000})
	note(err7, append(origins, labs...)...)
	objects, err6 := db.ObjectsWithID(ctx, text)
	for _, ref := range objects {
		note(nil, string(ref.Type))
	}
	for _, err := range []error{err, err2, err3, err4, err5, err6} {
		note(err)
	}
	return found
}

// search finds branches, revisions, tests, failures, issues and objects by a text.
func (s suite) search(t *testing.T) {
	st := s.ready(t)
	judge := newJudge(st)
	r := storyObjects(t, "checkout c1 next/master aaa @10", "build b1 c1 PASS", "test t1 b1 ltp.sys_calls.fork rpi PASS", "test u1 b1 ltp.100%.b rpi FAIL")
	r.Checkouts[0].GitCommitName, r.Checkouts[0].GitRepositoryURL = new("next-1"), new("https://git.example.org/Next.git")
	for i := range r.Tests {
		if r.Tests[i].Status != nil && *r.Tests[i].Status == report.StatusFail {
			r.Tests[i].LogExcerpt = new("Unable to handle kernel NULL pointer dereference at virtual address 28\n")
		}
	}
	r.Issues = append(r.Issues, report.Issue{ID: "a:i", Version: 1, Origin: "a", Comment: new("Lock <up>"), ReportURL: new("https://lore.example.org/1")})
	mustLoad(t, st, r, store.LoadOptions{})
	judgeAll(t, judge)
	for text, want := range map[string]string{
		"NEXT":             " next/master",
		"next-":            " next-1",
		"git.example.org/": " next/master",
		"sys_calls":        " ltp.sys_calls",
		"sysxcalls":        "",
		"100%":             " ltp.100% ltp.100%.b=1",
		"null pointer":     " ltp.100%.b=1",
		"lock <":           " a:i",
		"lore.example":     " a:i",
		"a:c1":             " checkout",
		"a:t1":             " test",
		"a:i":              " a:i issue",
		"!":                "",
	} {
		if got := searchFor(t, st, text); got != want {
			t.Errorf("%q finds%s, want%s", text, got, want)
		}
	}
	if of := verdicts.Of(st); of != nil {
		all, err := of.OfCheckouts(t.Context(), []string{"a:c1", "a:none"})
		if err != nil || len(all) != 1 || all[0].CommitHash != "aaa" || all[0].Shared {
			t.Errorf("revisions of checkouts: %v, %v", all, err)
		}
		mustLoad(t, st, storyObjects(t, "checkout c2 stable/main aaa @11"), store.LoadOptions{})
		judgeAll(t, judge)
		if all, err := of.OfCheckouts(t.Context(), []string{"a:c1"}); err != nil || len(all) != 2 || !all[0].Shared || !all[1].Shared {
			t.Errorf("a revision on two branches: %v, %v", all, err)
		}
	}
}

// submissions asks for the objects that a submission brought.
func (s suite) submissions(t *testing.T) {
	st := s.ready(t)
	r := storyObjects(t, "checkout c1 next/master aaa @10", "build b1 c1 PASS", "test t1 b1 ltp.a rpi PASS", "test u1 b1 ltp.b rpi FAIL")
	late := moment(1_000_000)
	r.Tests = append(r.Tests, report.Test{ID: "a:lone", Origin: "a", BuildID: "a:gone", StartTime: &late})
	at := moment(500)
	r.SetTimestamps(at)
	mustLoad(t, st, r, store.LoadOptions{Metadata: true})
	got, err := answers.Of(st).BroughtBy(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	want := answers.Brought{
		Objects:      map[store.List]int64{store.Checkouts: 1, store.Builds: 1, store.Tests: 3},
		WithoutBuild: 1, Build: "a:gone", WithoutLog: 1, Unlogged: "a:u1", WithoutPath: 1, WithoutPlatform: 1, Future: 1, Checkouts: []string{"a:c1"},
	}
	expectSame(t, "the objects of a submission", *got, want)
	if none, err := answers.Of(st).BroughtBy(t.Context(), moment(501)); err != nil || len(none.Objects) != 0 || len(none.Checkouts) != 0 {
		t.Errorf("of no submission: %v, %v", none, err)
	}
}
