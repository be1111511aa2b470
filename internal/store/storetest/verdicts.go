// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// threeRevisions are lines of three revisions of a branch, each with a build.
var threeRevisions = []string{
	"checkout c1 next/master aaa @10", "build b1 c1 PASS defconfig",
	"checkout c2 next/master bbb @20", "build b2 c2 PASS defconfig",
	"checkout c3 next/master ccc @30", "build b3 c3 PASS defconfig",
}

// verdictStories are stories, and the lines that verdictLines has for them.
var verdictStories = []struct {
	name  string
	story []string
	want  []string
	about string // only lines with this text matter
}{
	{
		"new", append(threeRevisions, "test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a rpi FAIL", "test t3 b3 ltp.a rpi ERROR"),
		[]string{
			"next/master aaa: 2 ok", "next/master bbb: 1 new 1 ok", "next/master bbb: t2 new since bbb",
			"next/master ccc: 1 still 1 ok", "next/master ccc: t3 still since bbb",
		}, "",
	},
	{
		"still, since first seen", append(threeRevisions, "test t2 b2 ltp.a rpi FAIL", "test t3 b3 ltp.a rpi FAIL", "test o1 b1 ltp.a other PASS"),
		[]string{"next/master bbb: t2 still since bbb?", "next/master ccc: t3 still since bbb?"}, " t",
	},
	{
		"conclusive revisions only",
		append(threeRevisions, "test t1 b1 ltp.a rpi DONE", "test t2 b2 ltp.a rpi SKIP", "test u2 b2 ltp.a rpi MISS", "test t3 b3 ltp.a rpi FAIL"),
		[]string{
			"next/master aaa: 2 ok", "next/master bbb: 1 lab 1 skip 1 ok", "next/master bbb: u2 lab",
			"next/master ccc: 1 new 1 ok", "next/master ccc: t3 new since ccc",
		}, "",
	},
	{
		"fixed", append(threeRevisions, "test t1 b1 ltp.a rpi FAIL", "test t2 b2 ltp.a rpi PASS", "test t3 b3 ltp.a rpi PASS"),
		[]string{
			"next/master aaa: 1 still 1 ok", "next/master aaa: t1 still since aaa?",
			"next/master bbb: 1 fixed 1 ok", "next/master bbb: t2 fixed", "next/master ccc: 2 ok",
		}, "",
	},
	{
		"flaky", append(threeRevisions, "test t1 b1 boot rpi PASS", "test t2 b2 boot rpi PASS", "test u2 b2 boot rpi FAIL", "test t3 b3 boot rpi FAIL"),
		[]string{
			"next/master aaa: 2 ok", "next/master bbb: 2 flaky 1 ok", "next/master bbb: t2 flaky", "next/master bbb: u2 flaky",
			"next/master ccc: 1 still 1 ok", "next/master ccc: t3 still since bbb",
		}, "",
	},
	{
		"known", append(threeRevisions, "test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a rpi FAIL", "incident i1 t2", "incident i2 t1"),
		[]string{"next/master aaa: 2 ok", "next/master bbb: 1 known 1 ok", "next/master bbb: t2 known", "next/master ccc: 1 ok"}, "",
	},
	{
		"absent", append(threeRevisions, "test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a rpi FAIL", "incident i1 t2 absent"),
		[]string{"next/master bbb: t2 new since bbb"}, " t",
	},
	{
		"lab", append(threeRevisions, "test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a rpi ERROR!", "test t3 b3 ltp.a rpi FAIL!", "test v3 b3 ltp.v rpi -"),
		[]string{
			"next/master aaa: 2 ok", "next/master bbb: 1 lab 1 ok", "next/master bbb: t2 lab",
			"next/master ccc: 1 new 1 skip 1 ok", "next/master ccc: t3 new since ccc",
		}, "",
	},
	{
		"builds",
		[]string{
			"checkout c1 next/master aaa @10", "build b1 c1 PASS defconfig", "build d1 c1 FAIL allmodconfig",
			"checkout c2 next/master bbb @20", "build b2 c2 FAIL defconfig", "build d2 c2 PASS allmodconfig", "build e2 c2 FAIL tiny", "incident i1 b2",
			"checkout c3 next/master ccc @30", "build b3 c3 FAIL defconfig", "build d3 c3 ERROR! allmodconfig", "build e3 c3 - tiny",
		},
		[]string{
			"next/master aaa: 1 still 1 ok", "next/master aaa: d1 still since aaa?",
			"next/master bbb: 1 still 1 fixed 1 known", "next/master bbb: b2 known", "next/master bbb: d2 fixed", "next/master bbb: e2 still since bbb?",
			"next/master ccc: 1 still 1 lab 1 skip", "next/master ccc: b3 still since bbb", "next/master ccc: d3 lab",
		}, "",
	},
	{
		"variants of one test",
		append(threeRevisions, "build x2 c2 PASS tiny", "test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a pc FAIL", "test u2 x2 ltp.a rpi FAIL", "test v2 b2 ltp.a - FAIL"),
		[]string{"next/master bbb: t2 still since bbb?", "next/master bbb: u2 still since bbb?", "next/master bbb: v2 still since bbb?"}, " still since",
	},
	{
		"patches",
		append(threeRevisions, "checkout p1 next/master aaa+111 @15", "build pb1 p1 PASS defconfig", "test p1 pb1 ltp.a rpi FAIL",
			"test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a rpi PASS"),
		[]string{
			"next/master aaa+111: 1 new 1 ok", "next/master aaa+111: p1 new since aaa", "next/master aaa: 2 ok",
			"next/master bbb: 2 ok", "next/master ccc: 1 ok",
		}, "",
	},
	{
		"two origins",
		append(threeRevisions, "checkout c2 next/master bbb @25 z", "checkout c1 other/main aaa @11 z", "build bz z:c2 PASS defconfig", "test z2 bz ltp.z rpi PASS",
			"test t1 b1 ltp.a rpi PASS", "test t2 b2 ltp.a rpi FAIL"),
		[]string{
			"next/master aaa: 2 ok", "next/master bbb: 1 new 3 ok", "next/master bbb: t2 new since bbb", "next/master ccc: 1 ok", "other/main aaa: 2 ok",
		}, "",
	},
	{
		"trees without a name",
		[]string{
			"checkout c1 https:||example.org|linux.git/main aaa @10", "build b1 c1 PASS x", "checkout c2 https:||example.org|linux/main bbb @20", "build b2 c2 FAIL x",
			"checkout c3 -/main ccc @30", "build b3 c3 PASS y", "checkout c4 -/main ddd @40", "build b4 c4 FAIL y",
			"checkout c5 https:||git.kernel.org|pub|scm|linux|kernel|git|torvalds|linux.git/master eee @50", "build b5 c5 PASS x",
		},
		[]string{
			"/main ccc: 1 ok", "/main ddd: 1 still", "/main ddd: b4 still since ddd?",
			"example.org/linux/main aaa: 1 ok", "example.org/linux/main bbb: 1 new", "example.org/linux/main bbb: b2 new since bbb", "mainline/master eee: 1 ok",
		}, "",
	},
}

// verdicts judges stories, and loads each in several orders.
func (s suite) verdicts(t *testing.T) {
	for _, c := range verdictStories {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				db := s.ready(t)
				judge := newJudge(db)
				story := slices.Clone(c.story)
				if seed > 0 {
					rand.New(rand.NewPCG(seed, 1)).Shuffle(len(story), func(i, j int) { story[i], story[j] = story[j], story[i] })
				}
				for i, line := range story {
					mustLoad(t, db, storyObjects(t, line), store.LoadOptions{})
					if seed == 2 && i%3 == 0 {
						judgeAll(t, judge)
					}
				}
				judgeAll(t, judge)
				got := slices.DeleteFunc(verdictLines(t, db), func(line string) bool { return !strings.Contains(line, c.about) })
				want := c.want
				slices.Sort(want)
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("order %d (-want +got):\n%s", seed, diff)
				}
				if n := judgeAll(t, judge); n > 0 {
					t.Errorf("%d revisions are judged again without a change", n)
				}
			}
		})
	}
}

// verdictChanges changes a story step by step.
func (s suite) verdictChanges(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	mustLoad(t, db, storyObjects(t, threeRevisions...), store.LoadOptions{})
	for _, step := range []struct {
		name  string
		lines []string
		about string
		want  []string
	}{
		{"a failure", []string{"test t3 b3 ltp.a rpi FAIL"}, "t3", []string{"next/master ccc: t3 still since ccc?"}},
		{"a late pass of an older revision", []string{"test t1 b1 ltp.a rpi PASS"}, "t3", []string{"next/master ccc: t3 new since ccc"}},
		{"a revision between", []string{"checkout c9 next/master ddd @25", "build b9 c9 PASS defconfig", "test t9 b9 ltp.a rpi FAIL"}, " t",
			[]string{"next/master ccc: t3 still since ddd", "next/master ddd: t9 new since ddd"}},
		{"a late incident", []string{"incident i3 t3"}, "t3", []string{"next/master ccc: t3 known"}},
		{"an incident that is taken back", []string{"incident i3 t3 absent"}, "t3", []string{"next/master ccc: t3 still since ddd"}},
		{"a build that moves", []string{"build b9 c2 PASS defconfig"}, "t9", []string{"next/master bbb: t9 new since bbb"}},
		{"a checkout of another commit", []string{"checkout c2 next/master eee @26"}, "bbb", []string{}},
		{"and its results", nil, "eee: ", []string{"next/master eee: 1 new 2 ok", "next/master eee: t9 new since eee"}},
		{"a checkout of another branch", []string{"checkout c1 next/pending aaa @10"}, " t",
			[]string{"next/master ccc: t3 still since eee?", "next/master eee: t9 still since eee?"}},
		{"a revision that starts later", []string{"checkout c2 next/master eee @40"}, " t",
			[]string{"next/master ccc: t3 still since ccc?", "next/master eee: t9 still since ccc?"}},
	} {
		mustLoad(t, db, storyObjects(t, step.lines...), store.LoadOptions{})
		judgeAll(t, judge)
		got := slices.DeleteFunc(verdictLines(t, db), func(line string) bool { return !strings.Contains(line, step.about) })
		if diff := gocmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	want := verdictLines(t, db)
	err := judge.DB.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM verdicts")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := rollup.Of(db).Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	judgeAll(t, judge)
	if diff := gocmp.Diff(want, verdictLines(t, db)); diff != "" {
		t.Errorf("after a rebuild (-want +got):\n%s", diff)
	}
	if err := db.Purge(t.Context(), store.PurgeOptions{Before: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	judgeAll(t, judge)
	for _, table := range verdicts.Tables {
		if n := rowsIn(t, db, table); n > 0 {
			t.Errorf("%d rows of %s are left after a purge of everything", n, table)
		}
	}
}

// rowsIn returns the number of rows of a table.
func rowsIn(t *testing.T, db store.Sink, table string) (n int) {
	t.Helper()
	err := sqldb.Of(db).View(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT count(*) FROM "+table, nil, &n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// verdictOrder loads random stories in two orders and in reports of any size. The verdicts
// are the same, however often they were judged meanwhile.
func (s suite) verdictOrder(t *testing.T) {
	stories := uint64(4)
	if testing.Short() {
		stories = 1
	}
	for seed := range stories {
		dice := rand.New(rand.NewPCG(seed, 2))
		story := randomStory(dice)
		var want []string
		for order := range 2 {
			db := s.ready(t)
			judge := newJudge(db)
			dice.Shuffle(len(story), func(i, j int) { story[i], story[j] = story[j], story[i] })
			for rest := story; len(rest) > 0; {
				n := min(1+dice.IntN(30), len(rest))
				mustLoad(t, db, storyObjects(t, rest[:n]...), store.LoadOptions{})
				rest = rest[n:]
				if dice.IntN(3) == 0 {
					judgeAll(t, judge)
				}
			}
			judgeAll(t, judge)
			got := verdictLines(t, db)
			if order == 0 {
				want = got
			} else if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("story %d (-first +second order):\n%s\n%s", seed, diff, strings.Join(story, "\n"))
			}
		}
	}
}

// randomStory returns a story of 15 revisions on two branches.
func randomStory(dice *rand.Rand) (story []string) {
	statuses := []string{"PASS", "PASS", "PASS", "FAIL", "FAIL", "ERROR", "ERROR!", "MISS", "SKIP", "-"}
	one := func(list []string) string { return list[dice.IntN(len(list))] }
	text := func(format string, numbers ...int) string {
		for _, n := range numbers {
			format = strings.Replace(format, "#", string(rune('a'+n)), 1)
		}
		return format
	}
	test := 0
	for i := range 15 {
		patches := ""
		if dice.IntN(5) == 0 {
			patches = "+1"
		}
		start := 100 + dice.IntN(10) // several revisions start at the same time
		for origin := range 1 + dice.IntN(2) {
			c := text("c##", i, origin)
			story = append(story, "checkout "+c+" next/"+one([]string{"master", "pending"})+text(" f#", i)+patches+" @"+string([]byte{'1', '0' + byte(start/10%10), '0' + byte(start%10)}))
			for n := range 2 {
				b := text("b###", i, origin, n)
				story = append(story, "build "+b+" "+c+" "+one(statuses)+" "+one([]string{"defconfig", "tiny"}))
				for range 5 {
					id := text("t####", test/17576%26, test/676%26, test/26%26, test%26)
					test++
					story = append(story, "test "+id+" "+b+" "+one([]string{"boot", "ltp.a", "ltp.b.c", "kselftest.x"})+" "+one([]string{"rpi", "pc", "-"})+" "+one(statuses))
					if dice.IntN(8) == 0 {
						story = append(story, "incident i"+id+" "+id)
					}
				}
			}
		}
	}
	return story
}
