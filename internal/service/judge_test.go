// SPDX-License-Identifier: Apache-2.0

package service

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestJudge: the service judges what was submitted, without being asked.
func TestJudge(t *testing.T) {
	s := start(t, nil)
	submission := `{"version":{"major":5,"minor":3},
		"checkouts":[{"id":"ci:1","origin":"ci","tree_name":"next","git_repository_branch":"master","git_commit_hash":"5e29d1443c465e29d1443c465e29d1443c465e29","patchset_hash":""}],
		"builds":[{"id":"ci:1","origin":"ci","checkout_id":"ci:1","status":"FAIL"}]}`
	if answer := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(submission))); answer.Status != "ok" {
		t.Fatalf("submit: %s", answer.body)
	}
	waitEmpty(t, s.url)
	db, err := sqlite.Open(filepath.Join(s.data, "kcidb.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	eventually.True(t, "the revision is judged", func() bool {
		all, err := verdicts.Of(db).Branches(t.Context(), time.Time{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return len(all) == 1 && all[0].Recent[0].Total().Worst() == "still"
	})
	if metrics := do(t, request(t, "GET", s.url+"/metrics", nil)).body; !strings.Contains(metrics, "kcidb_judge_seconds_count 1") ||
		!strings.Contains(metrics, `kcidb_judge_waiting{of="revisions"} 0`) {
		t.Errorf("the metrics have no judgement:\n%s", metrics)
	}
}
