// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/report"
)

// compared is a story of two revisions that differ in all ways.
var compared = []string{
	"checkout c1 next/master aaa @10", "build b1 c1 PASS defconfig", "build d1 c1 PASS tiny", "build e1 c1 PASS only",
	"checkout c2 next/master bbb @20", "build b2 c2 PASS defconfig", "build d2 c2 FAIL tiny",
	"test r1 b1 ltp.regressed rpi PASS", "test r2 b2 ltp.regressed rpi FAIL",
	"test f1 b1 ltp.fixed rpi FAIL", "test f2 b2 ltp.fixed rpi PASS",
	"test s1 b1 ltp.still rpi FAIL", "test s2 b2 ltp.still rpi ERROR",
	"test y1 b1 ltp.flaky rpi PASS", "test y2 b2 ltp.flaky rpi PASS", "test z2 b2 ltp.flaky rpi FAIL",
	"test k1 b1 ltp.known rpi FAIL", "test k2 b2 ltp.known rpi FAIL", "incident i1 k2",
	"test l1 b1 kselftest.lost rpi FAIL", "test l2 b2 kselftest.lost rpi MISS!",
	"test n2 b2 kselftest.new rpi FAIL",
	"test p1 b1 kselftest.pass rpi PASS", "test p2 b2 kselftest.pass rpi PASS",
	"test o1 b1 boot old PASS", "test w2 b2 rt.new rpi PASS", "test x2 b2 rt.newer rpi SKIP",
}

// verdictComparison compares two revisions, and sums up one.
func (s suite) verdictComparison(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	r := storyObjects(t, compared...)
	numbers := map[string]float64{"a:p1": 200, "a:p2": 207, "a:r1": 100, "a:r2": 103, "a:y1": -1, "a:y2": -2, "a:z2": -4, "a:s2": 5}
	for i := range r.Tests {
		if n, ok := numbers[r.Tests[i].ID]; ok {
			r.Tests[i].Number = &report.Number{Value: n, Unit: new("s")}
		}
	}
	mustLoad(t, db, r, store.LoadOptions{})
	judgeAll(t, judge)
	next, err := judge.DB.BranchNamed(t.Context(), "next", "master")
	if err != nil || next == nil || len(next.Recent) != 2 {
		t.Fatalf("the branch is %v, %v", next, err)
	}
	before, after := next.Recent[1], next.Recent[0]
	for _, c := range []struct {
		name          string
		before, after *verdicts.Revision
		filter        verdicts.ResultsOf
		want          []string
	}{
		{"all", &before, &after, verdicts.ResultsOf{}, []string{
			"fixed: ltp.fixed f1", "flaky: ltp.flaky y2", "regressed:  d2", "regressed: ltp.regressed r2", "still failing: ltp.known k2", "still failing: ltp.still s2",
			"build: passing 1, before 1, after 0, cannot tell 0", "boot: passing 0, before 1, after 0, cannot tell 0",
			"test: passing 3, before 0, after 4, cannot tell 1",
			"after: rt rpi 2", "before: boot old 1", "after: kselftest rpi 1", "after: ltp rpi 1", "before: only  1",
			"moved: ltp.flaky -1 to -3", "moved: kselftest.pass 200 to 207", "measured 3",
		}},
		{"backwards", &after, &before, verdicts.ResultsOf{Path: []string{"ltp"}}, []string{
			"fixed: ltp.regressed r2", "flaky: ltp.flaky y2", "regressed: ltp.fixed f1", "still failing: ltp.known k1", "still failing: ltp.still s1",
			"test: passing 2, before 1, after 0, cannot tell 0", "before: ltp rpi 1", "moved: ltp.flaky -3 to -1", "measured 2",
		}},
		{"a path", &before, &after, verdicts.ResultsOf{Path: []string{"ltp.still"}}, []string{"still failing: ltp.still s2", "not counted", "measured 0"}},
		{"a board", &before, &after, verdicts.ResultsOf{Selection: verdicts.Selection{Platform: []string{"old"}}}, []string{
			"boot: passing 0, before 1, after 0, cannot tell 0", "before: boot old 1", "measured 0",
		}},
		{"builds", &before, &after, verdicts.ResultsOf{Selection: verdicts.Selection{Config: []string{"-defconfig"}}}, []string{
			"regressed:  d2", "build: passing 0, before 1, after 0, cannot tell 0", "before: only  1", "measured 0",
		}},
		{"itself", &after, &after, verdicts.ResultsOf{Path: []string{"rt"}}, []string{"test: passing 1, before 0, after 0, cannot tell 1", "measured 0"}},
	} {
		found, err := judge.DB.Compare(t.Context(), c.before, c.after, c.filter)
		if err != nil {
			t.Fatal(c.name, err)
		}
		expectSame(t, c.name, comparisonLines(found), c.want)
	}
	s.verdictSums(t, judge.DB, &before, &after)
	s.verdictFlaky(t, judge.DB, &after)
}

// verdictFlaky asks about the cause of a variant that fails and passes at a revision.
func (s suite) verdictFlaky(t *testing.T, of *verdicts.DB, at *verdicts.Revision) {
	causes, err := of.Causes(t.Context(), []int64{at.Key}, verdictKinds("flaky"), 10)
	if err != nil || len(causes) != 1 || causes[0].Results != 1 || causes[0].Variants != 1 || causes[0].Example != "a:z2" {
		t.Fatalf("the flaky causes are %+v, %v, want one with the result that fails", causes, err)
	}
	results, err := of.Results(t.Context(), verdicts.ResultsOf{Revision: at.Key, Cause: causes[0].Key})
	if err != nil || len(results) != 2 || results[0].ID != "a:y2" || results[1].ID != "a:z2" {
		t.Errorf("the results of the flaky cause are %+v, %v, want the pass and the failure", results, err)
	}
}

// comparisonLines returns a comparison as lines.
func comparisonLines(c *verdicts.Comparison) (lines []string) {
	for _, d := range c.Differences {
		lines = append(lines, fmt.Sprintf("%s: %s %s", d.Change, d.Path, d.ID[2:]))
	}
	for _, kind := range []rollup.Kind{rollup.Builds, rollup.Boots, rollup.Tests} {
		if o, ok := c.Overlaps[kind]; ok {
			lines = append(lines, fmt.Sprintf("%s: passing %d, before %d, after %d, cannot tell %d", kind, o.StillPassing, o.OnlyBefore, o.OnlyAfter, o.CannotTell))
		}
	}
	if !c.Counted {
		lines = append(lines, "not counted")
	}
	for _, a := range c.Absences {
		side := "before"
		if a.After {
			side = "after"
		}
		lines = append(lines, fmt.Sprintf("%s: %s %s %d", side, a.Group, a.Platform, a.N))
	}
	for _, m := range c.Moved {
		lines = append(lines, fmt.Sprintf("moved: %s %v to %v", m.Path, m.Before, m.After))
	}
	return append(lines, fmt.Sprintf("measured %d", c.Measured))
}

// verdictSums sums up the revisions of verdictComparison.
func (s suite) verdictSums(t *testing.T, of *verdicts.DB, before, after *verdicts.Revision) {
	sums, err := of.Sums(t.Context(), []int64{before.Key, after.Key}, "")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for g, counts := range sums[after.Key].Groups {
		lines = append(lines, fmt.Sprintf("%s %s %d", g.Kind, g.Name, counts.Total()))
	}
	for b, counts := range sums[after.Key].Builds {
		lines = append(lines, fmt.Sprintf("%s %s %s", b.Architecture, b.Config, counts.Worst()))
	}
	slices.Sort(lines)
	expectSame(t, "sums", lines, []string{"test kselftest 3", "test ltp 6", "test rt 2", "x86_64 defconfig ok", "x86_64 tiny new"})
	if sums, err = of.Sums(t.Context(), []int64{after.Key}, "rt"); err != nil || len(sums[after.Key].Groups) != 2 {
		t.Errorf("groups of rt: %v, %v", sums, err)
	}
	tallies, err := of.Breakdown(t.Context(), []*verdicts.Revision{after, before})
	if err != nil {
		t.Fatal(err)
	}
	lines = nil
	for _, y := range tallies {
		if y.Dimension == verdicts.ByPlatform || y.Dimension == verdicts.ByConfig && y.Kind == rollup.Builds || y.Dimension == verdicts.ByCheckout && y.Kind == "" {
			lines = append(lines, fmt.Sprintf("%d %s %s %s %s %d", y.Revision, y.Dimension, y.Value, y.Kind, y.Status, y.N))
		}
	}
	slices.Sort(lines)
	expectSame(t, "breakdown", lines, []string{
		"0 checkout a:c2   0", "0 config defconfig build PASS 1", "0 config tiny build FAIL 1",
		"0 platform rpi test ERROR 1", "0 platform rpi test FAIL 4", "0 platform rpi test MISS 1", "0 platform rpi test PASS 4", "0 platform rpi test SKIP 1",
		"1 checkout a:c1   0", "1 config defconfig build PASS 1", "1 config only build PASS 1", "1 config tiny build PASS 1",
		"1 platform old boot PASS 1", "1 platform rpi test FAIL 4", "1 platform rpi test PASS 3",
	})
}
