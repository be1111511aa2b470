// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// verdictQuestions asks about verdicts.
func (s suite) verdictQuestions(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	of := judge.DB
	r := storyObjects(t, threeRevisions...)
	r.Append(storyObjects(t, "checkout p1 next/master aaa+111 @25", "checkout q1 patches/main ddd+222 @27", "checkout z1 mainline/master 0123456789abcdef @28",
		"test t1 b1 ltp.a rpi PASS", "test t3 b3 ltp.a rpi FAIL", "test u3 b3 ltp.b rpi FAIL", "test v3 b3 ltp.b pc FAIL", "test w3 b3 kselftest.net.tls pc FAIL!",
		"test m3 b3 ltp.m pc MISS!", "test k3 b3 ltp.k pc FAIL", "incident i1 k3"))
	r.Checkouts[2].GitCommitName = new("next-3")
	for i := range r.Tests {
		if r.Tests[i].ID == "a:u3" || r.Tests[i].ID == "a:v3" {
			r.Tests[i].LogExcerpt = new("boring\n[    1.234567] BUG: KASAN: slab-out-of-bounds in foo_bar+0x12/0x40\n")
		}
	}
	mustLoad(t, db, r, store.LoadOptions{})
	judgeAll(t, judge)
	ctx := t.Context()

	branches, err := of.Branches(ctx, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range branches {
		line := b.Tree + "/" + b.Name
		for _, r := range b.Recent {
			line += " " + r.Name()
		}
		got = append(got, line)
	}
	expectSame(t, "branches", got, []string{"next/master next-3 bbb aaa", "mainline/master 0123456789ab", "patches/main ddd"})
	before, err := of.Branches(ctx, moment(15), moment(27))
	if err != nil || len(before) != 2 || before[0].Name != "main" || before[1].Recent[0].CommitHash != "bbb" {
		t.Errorf("branches as of a time: %v, %v", before, err)
	}
	next, err := of.BranchNamed(ctx, "next", "master")
	if err != nil || next == nil || len(next.Recent) != 3 {
		t.Fatalf("the branch is %v, %v", next, err)
	}
	if none, err := of.BranchNamed(ctx, "next", "none"); none != nil || err != nil {
		t.Errorf("a branch that does not exist: %v, %v", none, err)
	}
	head := next.Recent[0]
	page, err := of.Revisions(ctx, next.Key, &head, 1)
	if err != nil || len(page) != 1 || page[0].CommitHash != "bbb" {
		t.Errorf("revisions behind the head: %v, %v", page, err)
	}
	earlier, later, err := of.Neighbours(ctx, &page[0])
	if err != nil || earlier == nil || later == nil || earlier.CommitHash != "aaa" || later.Key != head.Key {
		t.Errorf("neighbours %v, %v, %v", earlier, later, err)
	}
	for commit, want := range map[[2]string]int{
		{"0123456", ""}: 1, {"0123456789abcdef", ""}: 1, {"012345", ""}: 0, {"0123457", ""}: 0, {"next-3", ""}: 1, {"", ""}: 0, {"0123456", "1"}: 0,
	} {
		if found, err := of.Find(ctx, commit[0], commit[1]); err != nil || len(found) != want {
			t.Errorf("%q: %d revisions, %v, want %d", commit, len(found), err, want)
		}
	}
	checkouts, err := of.Checkouts(ctx, &head)
	if err != nil || len(checkouts) != 1 || checkouts[0].ID != "a:c3" || checkouts[0].Counts["test"][report.StatusFail] != 5 {
		t.Errorf("checkouts %v, %v", checkouts, err)
	}
	s.verdictResults(t, of, &head)
	s.verdictSelections(t, of, next.Recent)
	s.unremarkableResults(t, of, &next.Recent[2])
}

// verdictSelections asks for selected results of revisions, newest first.
func (s suite) verdictSelections(t *testing.T, of *verdicts.DB, revisions []verdicts.Revision) {
	ctx := t.Context()
	keys := []int64{revisions[0].Key, revisions[2].Key}
	for _, c := range []struct {
		of     verdicts.Selection
		prefix string
		want   string // groups of the newest revision, and of the oldest
	}{
		{verdicts.Selection{}, "", "build x86_64 ok 1, test kselftest still 1, test ltp known 1, test ltp lab 1, test ltp new 1, test ltp still 2 | build x86_64 ok 1, test ltp ok 1"},
		{verdicts.Selection{Config: []string{"defconfig"}, Architecture: []string{"x86_64"}, Origin: []string{"a"}, Compiler: []string{"-gcc"}, Lab: []string{"a"}}, "",
			"build x86_64 ok 1, test kselftest still 1, test ltp known 1, test ltp lab 1, test ltp new 1, test ltp still 2 | build x86_64 ok 1, test ltp ok 1"},
		{verdicts.Selection{Platform: []string{"rpi"}}, "", "test ltp new 1, test ltp still 1 | test ltp ok 1"},
		{verdicts.Selection{Platform: []string{"-rpi"}}, "ltp", "test ltp.b still 1, test ltp.k known 1, test ltp.m lab 1 | "},
		{verdicts.Selection{Lab: []string{"-a"}}, "", " | "},
		{verdicts.Selection{Config: []string{"none"}}, "", " | "},
	} {
		groups, err := of.GroupsOf(ctx, keys, c.of, c.prefix)
		if got := groupsText(groups[keys[0]]) + " | " + groupsText(groups[keys[1]]); err != nil || got != c.want {
			t.Errorf("%+v below %q: %s, %v, want %s", c.of, c.prefix, got, err, c.want)
		}
	}
	paths, err := of.NotPassing(ctx, keys, "ltp", verdicts.Selection{}, 3)
	if got := strings.Join(paths, " "); err != nil || got != "ltp.a ltp.b ltp.k" {
		t.Errorf("paths that do not pass: %s, %v", got, err)
	}
	variants, err := of.Variants(ctx, keys, []string{"ltp.a", "ltp.b"}, verdicts.Selection{Platform: []string{"rpi"}})
	rpi := verdicts.Variant{Path: "ltp.a", Platform: "rpi", Architecture: "x86_64", Config: "defconfig"}
	if err != nil || variants[keys[0]][rpi]["new"] != 1 || len(variants[keys[0]]) != 2 || variants[keys[1]][rpi]["ok"] != 1 || len(variants[keys[1]]) != 1 {
		t.Errorf("variants: %v, %v", variants, err)
	}
}

// groupsText returns numbers of results by group as text.
func groupsText(groups map[verdicts.Group]verdict.Counts) string {
	var all []string
	for g, counts := range groups {
		for k, n := range counts {
			all = append(all, fmt.Sprintf("%s %s %s %d", g.Kind, g.Name, k, n))
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// unremarkableResults asks for the results of a revision that have no row of their own, page
// by page.
func (s suite) unremarkableResults(t *testing.T, of *verdicts.DB, at *verdicts.Revision) {
	for _, c := range []struct {
		filter verdicts.ResultsOf
		want   string
	}{
		{verdicts.ResultsOf{}, "b1:ok t1:ok"},
		{verdicts.ResultsOf{Kinds: kindsOf("build"), Status: []string{"PASS"}, Selection: verdicts.Selection{Lab: []string{"-none"}}}, "b1:ok"},
		{verdicts.ResultsOf{Path: []string{"ltp"}, Status: []string{"PASS"}, Selection: verdicts.Selection{Platform: []string{"rpi"}}}, "t1:ok"},
		{verdicts.ResultsOf{Path: []string{"ltp"}, Selection: verdicts.Selection{Platform: []string{"pc"}}}, ""},
		{verdicts.ResultsOf{Path: []string{"lt"}}, ""},
		{verdicts.ResultsOf{Path: []string{"*.a"}, Verdicts: verdictKinds("ok")}, "t1:ok"},
		{verdicts.ResultsOf{Verdicts: verdictKinds("skip")}, ""},
		{verdicts.ResultsOf{Selection: verdicts.Selection{Platform: []string{"-pc"}, Origin: []string{"a"}, Architecture: []string{"-mips"}, Config: []string{"defconfig"}}}, "t1:ok"},
	} {
		c.filter.N = 1
		var ids []string
		for pages := 0; pages == 0 || c.filter.After != ""; pages++ {
			found, err := of.Unremarkable(t.Context(), at, c.filter)
			if err != nil || pages > 20 || len(found.Results) > 1 {
				t.Fatalf("page %d of %+v: %+v, %v", pages, c.filter, found, err)
			}
			for _, r := range found.Results {
				ids = append(ids, strings.TrimPrefix(r.ID, "a:")+":"+string(r.Verdict))
			}
			c.filter.After = found.Next
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.filter, got, c.want)
		}
	}
	if _, err := of.Unremarkable(t.Context(), at, verdicts.ResultsOf{After: "x"}); err != verdicts.ErrCursor {
		t.Errorf("a wrong cursor: %v", err)
	}
}

// verdictResults asks about the results of the head of verdictQuestions.
func (s suite) verdictResults(t *testing.T, of *verdicts.DB, head *verdicts.Revision) {
	ctx := t.Context()
	expectSame(t, "numbers of causes", head.Causes, map[string]int64{"new": 1, "still": 2, "known": 1, "lab": 1})
	groups, err := of.Groups(ctx, []int64{head.Key}, "ltp")
	if err != nil || len(groups[head.Key]) != 4 || groups[head.Key][verdicts.Group{Kind: "test", Name: "ltp.b"}]["still"] != 2 {
		t.Errorf("groups %v, %v", groups, err)
	}
	causes, err := of.Causes(ctx, []int64{head.Key}, nil, 10)
	if err != nil || len(causes) != 5 {
		t.Fatalf("causes %v, %v", causes, err)
	}
	kasan := causes[1]
	if kasan.Title != "KASAN: slab-out-of-bounds in foo_bar" || kasan.Results != 2 || kasan.Variants != 2 || !kasan.Since.Open || kasan.Since.Name != "next-3" || kasan.Platform != "rpi" || kasan.Config != "defconfig" {
		t.Errorf("the cause with most variants is %+v", kasan)
	}
	if some, err := of.Causes(ctx, []int64{head.Key}, verdictKinds("still", "lab"), 1); err != nil || len(some) != 2 {
		t.Errorf("one cause of two verdicts: %v, %v", some, err)
	}
	if got, want := head.Sentence(&verdicts.Revision{CommitHash: "bbb"}, causes), "Worse than bbb: ltp.a fails."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	list := func(filter verdicts.ResultsOf) (ids []string) {
		t.Helper()
		filter.Revision = head.Key
		found, err := of.Results(ctx, filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			ids = append(ids, strings.TrimPrefix(r.ID, "a:"))
		}
		return ids
	}
	for _, c := range []struct {
		filter verdicts.ResultsOf
		want   string
	}{
		{verdicts.ResultsOf{}, "t3 w3 u3 v3 k3 m3"},
		{verdicts.ResultsOf{N: 2}, "t3 w3"},
		{verdicts.ResultsOf{Verdicts: verdictKinds("new", "known")}, "t3 k3"},
		{verdicts.ResultsOf{Path: []string{"ltp"}}, "t3 u3 v3 k3 m3"},
		{verdicts.ResultsOf{Path: []string{"lt"}}, ""},
		{verdicts.ResultsOf{Path: []string{"*.b"}, N: 1}, "u3"},
		{verdicts.ResultsOf{Path: []string{"k*"}}, "w3"},
		{verdicts.ResultsOf{Path: []string{"-ltp"}}, "w3"},
		{verdicts.ResultsOf{Path: []string{"-*.b", "ltp"}}, "t3 k3 m3"},
		{verdicts.ResultsOf{Path: []string{"ltp.a", "k*"}}, "t3 w3"},
		{verdicts.ResultsOf{Status: []string{"MISS"}}, "m3"},
		{verdicts.ResultsOf{Selection: verdicts.Selection{Platform: []string{"pc"}}}, "w3 v3 k3 m3"},
		{verdicts.ResultsOf{Selection: verdicts.Selection{Platform: []string{"-pc"}}}, "t3 u3"},
		{verdicts.ResultsOf{Selection: verdicts.Selection{Platform: []string{"pc", "rpi", "-rpi"}, Config: []string{"defconfig"}}, Issue: []string{"a:issue"}}, "k3"},
		{verdicts.ResultsOf{Issue: []string{"none"}}, "t3 w3 u3 v3 m3"},
		{verdicts.ResultsOf{Issue: []string{"-none"}}, "k3"},
		{verdicts.ResultsOf{Issue: []string{"none", "a:issue"}, Selection: verdicts.Selection{Platform: []string{"pc"}}}, "w3 v3 k3 m3"},
		{verdicts.ResultsOf{Kinds: kindsOf("boot", "build")}, ""},
		{verdicts.ResultsOf{Cause: kasan.Key}, "u3 v3"},
	} {
		if got := strings.Join(list(c.filter), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.filter, got, c.want)
		}
	}
	var paged []string
	for after := ""; ; {
		found, err := of.Results(ctx, verdicts.ResultsOf{Revision: head.Key, N: 4, After: after})
		if err != nil || len(found) == 0 {
			break
		}
		after = found[len(found)-1].Cursor()
		for _, r := range found {
			paged = append(paged, strings.TrimPrefix(r.ID, "a:"))
		}
	}
	expectSame(t, "pages of results", paged, list(verdicts.ResultsOf{}))
	if _, err := of.Results(ctx, verdicts.ResultsOf{After: "x"}); err != verdicts.ErrCursor {
		t.Errorf("a wrong cursor: %v", err)
	}
	each, err := of.PerCause(ctx, head.Key, []int64{kasan.Key, causes[0].Key}, 1)
	if err != nil || len(each) != 2 || len(each[kasan.Key]) != 1 || each[kasan.Key][0].ID != "a:u3" {
		t.Errorf("results of causes: %v, %v", each, err)
	}
	objects, err := of.OfObjects(ctx, "test", []string{"a:t3", "a:t1", "a:none"})
	if err != nil || len(objects) != 1 || objects["a:t3"][0].Of.Key != head.Key || objects["a:t3"][0].Verdict != "new" {
		t.Errorf("verdicts of tests: %v, %v", objects, err)
	}
	if builds, err := of.OfObjects(ctx, "build", []string{"a:t3"}); err != nil || len(builds) > 0 {
		t.Errorf("verdicts of builds with the ID of a test: %v, %v", builds, err)
	}
	failed := make(map[string]string)
	err = answers.New(of.DB).Failed(ctx, []string{"a:b3", "a:b2"}, func(t *answers.FailedTest) { failed[t.ID] = string(t.Verdict) })
	if err != nil {
		t.Error(err)
	}
	expectSame(t, "verdicts of failed tests", failed, map[string]string{
		"a:t3": "new", "a:u3": "still", "a:v3": "still", "a:w3": "still", "a:m3": "lab", "a:k3": "known",
	})
	own, err := of.Own(ctx, []string{"a:c3", "a:none"})
	if err != nil || len(own) != 1 || own["a:c3"] != head.Key {
		t.Errorf("revisions of checkouts: %v, %v", own, err)
	}
	sentences, err := of.Sentences(ctx, []verdicts.Revision{*head})
	if err != nil || len(sentences) != 1 || sentences[0] != "Worse than bbb: ltp.a fails." {
		t.Errorf("sentences: %q, %v", sentences, err)
	}
	platform, err := of.OnPlatform(ctx, "pc", moment(30), 3)
	if err != nil || len(platform) != 3 || platform[0].ID != "a:w3" || platform[0].Of.CommitName != "next-3" {
		t.Errorf("verdicts of a platform: %v, %v", platform, err)
	}
	if late, err := of.OnPlatform(ctx, "pc", moment(31), 3); err != nil || len(late) > 0 {
		t.Errorf("later verdicts of a platform: %v, %v", late, err)
	}
	if failing, err := of.Failing(ctx, head.Key, "ltp.b", 9); err != nil || len(failing) != 2 || failing[0].Platform != "pc" {
		t.Errorf("failing on platforms: %v, %v", failing, err)
	}
}
