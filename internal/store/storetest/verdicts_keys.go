// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// verdictKeys judges a build and a test without a path that have the same ID, verdict and
// path. Lists have both, page by page.
func (s suite) verdictKeys(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	mustLoad(t, db, storyObjects(t, "checkout c1 next/master aaa @10", "build x c1 FAIL defconfig", "test x x - rpi FAIL"), store.LoadOptions{})
	judgeAll(t, judge)
	var got []string
	for key := range revisionsOf(t, judge.DB) {
		of := verdicts.ResultsOf{Revision: key, N: 1}
		for range 3 {
			found, err := judge.DB.Results(t.Context(), of)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range found {
				got, of.After = append(got, string(r.Kind)+" "+r.ID), r.Cursor()
			}
		}
	}
	if diff := gocmp.Diff([]string{"build a:x", "test a:x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// verdictGroups asks for the groups in a group whose name begins the names of others.
func (s suite) verdictGroups(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	mustLoad(t, db, storyObjects(t, "checkout c1 next/master aaa @10", "build b1 c1 PASS defconfig",
		"test t1 b1 ltp rpi PASS", "test t2 b1 ltp.a.b rpi PASS", "test t3 b1 ltp-x rpi PASS", "test t4 b1 ltp-x.y rpi PASS", "test t5 b1 ltpx.y rpi PASS"), store.LoadOptions{})
	judgeAll(t, judge)
	for key := range revisionsOf(t, judge.DB) {
		const want = "test ltp ok 1, test ltp.a ok 1"
		groups, err := judge.DB.Groups(t.Context(), []int64{key}, "ltp")
		if got := groupsText(groups[key]); err != nil || got != want {
			t.Errorf("groups: %s, %v, want %s", got, err, want)
		}
		sums, err := judge.DB.Sums(t.Context(), []int64{key}, "ltp")
		if got := groupsText(sums[key].Groups); err != nil || got != want {
			t.Errorf("sums: %s, %v, want %s", got, err, want)
		}
	}
}
