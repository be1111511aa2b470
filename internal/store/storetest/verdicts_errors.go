// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// verdictErrors judges revisions of which the newest cannot be judged: the others are judged
// at once, and the newest later.
func (s suite) verdictErrors(t *testing.T) {
	db := s.ready(t)
	judge := newJudge(db)
	mustLoad(t, db, storyObjects(t, append(threeRevisions, "test t3 b3 ltp.a rpi FAIL", "test u3 b3 ltp.a pc FAIL")...), store.LoadOptions{})
	change := func(statement string) {
		t.Helper()
		err := judge.DB.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			_, err := tx.Exec(ctx, statement)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	judged := func() (commits []string) {
		t.Helper()
		for _, r := range revisionsOf(t, judge.DB) {
			if !r.Judged.IsZero() {
				commits = append(commits, r.CommitHash)
			}
		}
		slices.Sort(commits)
		return commits
	}
	change("CREATE UNIQUE INDEX refusing ON verdicts (revision, path)") // refuses the newest revision
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	judge.Judged = func(time.Duration) {
		if n++; n == 2 {
			cancel()
		}
	}
	if err := judge.Run(ctx); err != nil {
		t.Fatal(err)
	}
	expectSame(t, "judged in spite of the error", judged(), []string{"aaa", "bbb"})
	change("DROP INDEX refusing")
	now := time.Now().Add(time.Hour)
	judge.Now = func() time.Time { return now }
	if err := judge.JudgeFor(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	expectSame(t, "judged later", judged(), []string{"aaa", "bbb", "ccc"})
}
