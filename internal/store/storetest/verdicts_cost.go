// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// verdictCost checks that judging a revision takes the same number of statements and of rows
// to read, with few other revisions in the database and with many, and with few tests that
// pass and with many.
func (s suite) verdictCost(t *testing.T) {
	if testing.Short() {
		t.Skip("counts statements over thousands of objects")
	}
	few := s.costOfJudging(t, 12, 1)
	for what, many := range map[string]cost{"revisions": s.costOfJudging(t, 120, 1), "tests": s.costOfJudging(t, 12, 30)} {
		if few != many || few.statements > 60 {
			t.Errorf("%+v, and %+v with many %s", few, many, what)
		}
	}
}

// costOfJudging returns the cost of judging a revision after a new result. Before it are so
// many revisions on its branch, and as many on another, each with so many tests that pass.
func (s suite) costOfJudging(t *testing.T, revisions, tests int) cost {
	db := s.ready(t)
	defer db.Close()
	var lines []string
	for i := range revisions {
		for _, branch := range []string{"master", "other"} {
			id := fmt.Sprint(branch, i)
			lines = append(lines, fmt.Sprintf("checkout %s next/%s %s%d @%d", id, branch, branch, i, i), fmt.Sprintf("build b%s %s PASS defconfig", id, id),
				fmt.Sprintf("test f%s b%[1]s ltp.fails rpi FAIL", id))
			for n := range tests {
				lines = append(lines, fmt.Sprintf("test p%s-%d b%[1]s ltp.passes.%[2]d rpi PASS", id, n))
			}
		}
	}
	mustLoad(t, db, storyObjects(t, lines...), store.LoadOptions{})
	judge := newJudge(db)
	judgeAll(t, judge)
	head := fmt.Sprint("master", revisions-1)
	mustLoad(t, db, storyObjects(t, "test new b"+head+" ltp.fails pc FAIL"), store.LoadOptions{})
	counted := &Counted{Conn: judge.DB.Conn}
	judge.DB = verdicts.New(&sqldb.DB{Conn: counted, Dialect: judge.DB.Dialect})
	if n := judgeAll(t, judge); n != 1 {
		t.Errorf("%d revisions were judged after a new result of the head", n)
	}
	return counted.cost
}

// verdictPace checks that a revision that changes all the time rests between judgements, and
// that the newest revision is judged first.
func (s suite) verdictPace(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	now := moment(0)
	judge.Now = func() time.Time { return now }
	var took []time.Duration
	judge.Judged = func(d time.Duration) { // and JudgeFor has no time left
		took = append(took, d)
		now = now.Add(time.Millisecond)
	}
	step := func() (judged []string) {
		t.Helper()
		before, began := len(took), now
		if err := judge.JudgeFor(t.Context(), time.Microsecond); err != nil {
			t.Fatal(err)
		}
		for _, r := range revisionsOf(t, judge.DB) {
			if len(took) > before && r.Judged.Equal(began) {
				judged = append(judged, r.CommitHash)
			}
		}
		return judged
	}
	mustLoad(t, db, storyObjects(t, threeRevisions...), store.LoadOptions{})
	var order []string
	for range 4 {
		order = append(order, step()...)
	}
	if want := []string{"ccc", "bbb", "aaa"}; !slices.Equal(order, want) {
		t.Errorf("judged in the order %s, want %s", order, want)
	}
	mustLoad(t, db, storyObjects(t, "test t3 b3 ltp.a rpi FAIL"), store.LoadOptions{})
	if judged := step(); len(judged) > 0 {
		t.Errorf("%s is judged again at once", judged)
	}
	if checkouts, revisions, err := judge.DB.Waiting(t.Context()); checkouts != 0 || revisions != 1 || err != nil {
		t.Errorf("%d checkouts and %d revisions wait, %v", checkouts, revisions, err)
	}
	now = now.Add(max(2*time.Second, 100*took[0])).Truncate(time.Microsecond).Add(time.Microsecond) // as stores keep times
	before := now
	if judged := step(); !slices.Equal(judged, []string{"ccc"}) {
		t.Errorf("%s is judged after the rest", judged)
	}
	mustLoad(t, db, storyObjects(t, "incident i1 none"), store.LoadOptions{})
	now = now.Add(time.Hour)
	if judged := step(); len(judged) > 0 {
		t.Errorf("%s is judged again, although nothing changed", judged)
	}
	// Judged again without a difference.
	mustLoad(t, db, storyObjects(t, "build b3 c3 PASS defconfig", "incident i9 t3 absent"), store.LoadOptions{})
	judgeAll(t, judge)
	for _, r := range revisionsOf(t, judge.DB) {
		if r.CommitHash == "ccc" && !r.Changed.Equal(before) {
			t.Errorf("the rows changed at %v, want %v", r.Changed, before)
		}
	}
}
