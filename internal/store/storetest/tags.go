// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// tags finds commits by tags with characters that JSON or a pattern of LIKE escapes, and
// no commit by names that are longer than any object has them.
func (s suite) tags(t *testing.T) {
	db := s.store(t)
	const hash = "0c3836482481200ead7b416ca80c68a29cfdaabd"
	tags := []string{"v1", `v"1"`, `v\1`, "v\n", "v\x01", "v\x7f", "v<é&😀\u2028>", "v%_!", strings.Repeat("é_", 300)}
	mustLoad(t, db, &report.Report{Checkouts: []report.Checkout{{
		ID: "a:1", Origin: "a", GitRepositoryURL: new("https://example.org/a"), GitRepositoryBranch: new("main"),
		StartTime: new(moment(1)), GitCommitHash: new(hash), GitCommitTags: tags,
	}}}, store.LoadOptions{})
	find := func(tag string) []string {
		t.Helper()
		found, err := answers.Of(db).Tagged(t.Context(), tag, answers.CheckoutsOf{Origin: "a"}, func(*answers.Revision) bool { return true })
		if err != nil {
			t.Errorf("%.20q: %v", tag, err)
		}
		return found
	}
	for _, tag := range tags {
		if found := find(tag); !slices.Equal(found, []string{hash}) {
			t.Errorf("%.20q is a tag of %q", tag, found)
		}
	}
	for _, tag := range []string{"v", `"`, `v\u0001`, `\`, "", "V1", "v1%"} {
		if found := find(tag); found != nil {
			t.Errorf("%q, which no checkout has, is a tag of %q", tag, found)
		}
	}
	// A parameter of a URL may be so long. As a pattern it takes twice as many bytes.
	long := strings.Repeat("_", 30_000)
	if found := find(long); found != nil {
		t.Errorf("%.20q is a tag of %q", long, found)
	}
	for _, length := range []int{len(long), 1000, 500} {
		of := answers.HistoryOf{RepositoryURL: "https://example.org/a" + strings.Repeat("é", length), Branch: "main"}
		if runs, err := answers.Of(db).History(t.Context(), of, 1); err != nil || runs != nil {
			t.Errorf("an unknown repository with a path of %d characters: %v, %v", length, runs, err)
		}
	}
}
