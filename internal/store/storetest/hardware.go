// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// hardwareStory is the story of a branch with two tested revisions and three boards.
var hardwareStory = append(slices.Clone(threeRevisions[:4]),
	"test p1 b1 boot pi PASS", "test p2 b2 boot pi FAIL", "test q2 b2 ltp.a pi FAIL", "test q1 b1 ltp.a pi PASS", "test r1 b1 ltp.b pi PASS",
	"test r2 b2 ltp.b pi MISS", "test i2 b2 perf.x pi PASS",
	"test e1 b1 boot pine PASS", "test e2 b2 boot pine PASS", "test f2 b2 ltp.a pine FAIL", "test f1 b1 ltp.a pine PASS", "test j2 b2 perf.x pine PASS",
	"test m1 b1 boot mango PASS")

// hardwareReport returns the objects of hardwareStory. All boards have a chip; pi is in two
// labs. A board has a name that is longer than an index can have it.
func hardwareReport(t *testing.T) *report.Report {
	r := storyObjects(t, append(hardwareStory, "test l1 b1 boot "+strings.Repeat("long", 2_000)+" PASS")...)
	for i := range r.Tests {
		test := &r.Tests[i]
		day := 1
		if strings.HasSuffix(test.BuildID, "2") {
			day = 2
		}
		test.StartTime = new(moment(day * 24 * 60 * 60))
		platform := strings.Trim(string(test.Environment.Misc[len(`{"platform":`):]), `"}`)
		test.Environment.Compatible = []string{"v," + platform[:1], "soc,A_1"}
		if strings.HasPrefix(test.ID, "a:q") {
			test.Misc = json.RawMessage(`{"runtime":"ridge"}`)
		}
		if *test.Path == "perf.x" {
			test.Number = &report.Number{Value: float64(len(platform)), Unit: new("s")}
		}
	}
	return r
}

// hardware answers the questions of the pages of hardware.
func (s suite) hardware(t *testing.T) {
	db := s.store(t)
	if found, err := answers.Of(db).PlatformsWith(t.Context(), "", 9); err != nil || len(found) != 0 {
		t.Errorf("an empty database has the platforms %v, %v", found, err)
	}
	mustLoad(t, db, hardwareReport(t), store.LoadOptions{})
	judgeAll(t, newJudge(db))
	of, sums, ctx := answers.Of(db), verdicts.Of(db), t.Context()
	first, last := rollup.DayOf(moment(24*60*60)), rollup.DayOf(moment(2*24*60*60))

	platforms, err := of.Platforms(ctx, answers.Days{First: first, Last: last})
	expectNil(t, err)
	expectSame(t, "platforms", platforms, fmt.Sprintf("[{mango [v,m soc,A_1] %d} {pi [v,p soc,A_1] %d} {pine [v,p soc,A_1] %d}]", first, last, last))
	for _, c := range []struct {
		days answers.Days
		want string
	}{{answers.Days{First: last, Last: last}, "pi pine"}, {answers.Days{First: 0, Last: first}, "mango pi pine"}, {answers.Days{First: last + 1, Last: last + 9}, ""}, {answers.Days{}, ""}} {
		found, err := of.Platforms(ctx, c.days)
		expectNil(t, err)
		expectSame(t, fmt.Sprint("platforms on ", c.days), platformNames(found), c.want)
	}
	for text, want := range map[string]string{"": "pi pine mango", "PI": "pi pine", "in": "pine", "A_1": "pi pine mango", "a%1": "", "v,M": "mango", "_": "pi pine mango", "\x00": ""} {
		found, err := of.PlatformsWith(ctx, text, 9)
		expectNil(t, err)
		expectSame(t, fmt.Sprintf("platforms with %q", text), platformNames(found), want)
	}
	if found, err := of.PlatformsWith(ctx, "p", 1); err != nil || platformNames(found) != "pi" {
		t.Errorf("one platform with p: %v, %v", found, err)
	}
	profiles, err := of.Profiles(ctx, platforms)
	expectNil(t, err)
	expectSame(t, "profiles", profiles, "map[mango:{[x86_64] [a] [a]} pi:{[x86_64] [a ridge] [a]} pine:{[x86_64] [a] [a]}]")

	found, err := sums.Find(ctx, "bbb", "")
	expectNil(t, err)
	if len(found) != 0 {
		t.Error("a hash of 3 digits was found")
	}
	branch, err := sums.BranchNamed(ctx, "next", "master")
	if err != nil || branch == nil || len(branch.Recent) != 2 {
		t.Fatalf("branch %+v, %v", branch, err)
	}
	head, before := branch.Recent[0].Key, branch.Recent[1].Key
	at := answers.HardwareAt{Platforms: []string{"pi", "mango", "none"}, Days: answers.Days{First: first, Last: last}, Revisions: []int64{head}}
	ran, err := of.HardwareAt(ctx, at)
	expectNil(t, err)
	expectSame(t, "at the head", ran, "[{pi [soc,A_1 v,p] map[boot:map[FAIL:1] build:map[PASS:1] test:map[FAIL:1 MISS:1 PASS:1]]}]")
	at.Origins = []string{"z"}
	if ran, err = of.HardwareAt(ctx, at); err != nil || len(ran) != 0 {
		t.Errorf("of another origin: %v, %v", ran, err)
	}

	platformSums, err := sums.PlatformSums(ctx, []int64{head}, []string{"a"})
	expectNil(t, err)
	slices.SortFunc(platformSums, func(a, b verdicts.PlatformSum) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	expectSame(t, "sums", platformSums, "[{pi boot new 1 0 1} {pi test lab 1 0 0} {pi test new 1 0 1} {pine test new 1 0 1}]")
	if platformSums, err = sums.PlatformSums(ctx, []int64{head}, []string{"z"}); err != nil || platformSums != nil {
		t.Errorf("sums of another origin: %v, %v", platformSums, err)
	}
	wanted := func(revision int64) string {
		return fmt.Sprintf("{%d x86_64 boot a a FAIL 1} {%[1]d x86_64 ltp a a MISS 1} {%[1]d x86_64 ltp ridge a FAIL 1} {%[1]d x86_64 perf a a PASS 1}", revision)
	}
	counts, err := sums.Ran(ctx, verdicts.RanOn{Platform: "pi", First: last, Last: last})
	expectNil(t, err)
	expectSame(t, "ran on a day", counts, "["+wanted(head)+"]")
	counts, err = sums.Ran(ctx, verdicts.RanOn{Platform: "pi", Revisions: []int64{head}})
	expectNil(t, err)
	expectSame(t, "ran at a revision", counts, "["+wanted(head)+"]")
	counts, err = sums.Ran(ctx, verdicts.RanOn{Platform: "mango", First: first, Last: last})
	expectNil(t, err)
	expectSame(t, "ran on mango", counts, fmt.Sprintf("[{%d x86_64 boot a a PASS 1}]", before))

	boot, ltp := verdicts.At{Revision: head, Path: "boot"}, verdicts.At{Revision: head, Path: "ltp.a"}
	others, err := sums.Elsewhere(ctx, "pi", []verdicts.At{boot, ltp, ltp})
	expectNil(t, err)
	expectSame(t, "boots elsewhere", others[boot], "{0  1}")
	expectSame(t, "tests elsewhere", others[ltp], "{1 pine 1}")

	numbers, err := of.Measurements(ctx, "pine", []int64{head, before})
	expectNil(t, err)
	expectSame(t, "numbers", numbers, fmt.Sprintf("[{%d a:j2 perf.x defconfig s 4}]", head))
	judged, err := sums.OnPlatform(ctx, "pi", moment(0), 9)
	expectNil(t, err)
	if len(judged) != 3 || judged[0].Verdict != verdict.New {
		t.Errorf("judged on pi: %+v", judged)
	}
}

func platformNames(platforms []answers.Platform) string {
	var names []string
	for _, p := range platforms {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

// expectNil fails the test if there is an error.
func expectNil(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
