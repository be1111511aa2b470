// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// names loads objects whose names are as long as reports may have them, and of
// characters that no index can compress.
func (s suite) names(t *testing.T) {
	const most = 1024 // bytes; see docs/report-schema.md
	dice := rand.New(rand.NewPCG(1, 2))
	name := func(prefix string) string {
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
		text := []byte(prefix)
		for len(text) < most {
			text = append(text, letters[dice.IntN(len(letters))])
		}
		return string(text)
	}
	checkout, build, test, issue := name("ci:"), name("ci:"), name("ci:"), name("ci:")
	text := fmt.Sprintf(`{"version":{"major":5,"minor":3},
		"checkouts":[{"id":%q,"origin":"ci","tree_name":%q,"git_repository_url":%q,"git_repository_branch":%q,"git_commit_tags":[%q],
			"git_commit_hash":"0c3836482481200ead7b416ca80c68a29cfdaabd","patchset_hash":""}],
		"builds":[{"id":%q,"origin":"ci","checkout_id":%q,"status":"PASS"}],
		"tests":[{"id":%q,"origin":"ci","build_id":%q,"path":%q,"status":"FAIL","start_time":"2025-07-01T12:00:00Z"}],
		"issues":[{"id":%q,"version":2147483647,"origin":"ci"}],
		"incidents":[{"id":%q,"origin":"ci","issue_id":%q,"issue_version":2147483647,"build_id":%q,"test_id":%q,"present":true}]}`,
		checkout, name("t"), name("https://h/"), name("b"), name("v"),
		build, checkout, test, build, name("p"), issue, name("ci:"), issue, build, test)
	r, err := report.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	db := s.ready(t)
	mustLoad(t, db, r, store.LoadOptions{})
	mustLoad(t, db, r, store.LoadOptions{}) // again, by the same names
	all, err := collect(db.Dump(t.Context(), store.DumpOptions{}))
	if err != nil || all.Count() != r.Count() {
		t.Errorf("%d objects are there, want %d: %v", all.Count(), r.Count(), err)
	}
}
