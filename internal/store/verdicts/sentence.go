// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Text returns the cause in a few words, such as "WARNING in iomap_iter_advance",
// "rk3588-rock-5b does not boot" or "riscv allmodconfig does not build".
func (c *Cause) Text() string {
	switch {
	case c.Title != "":
		return c.Title
	case c.Verdict == verdict.Flaky && c.Kind == rollup.Tests && c.Path != "":
		return c.Path + " passes and fails"
	case c.Kind == rollup.Builds && c.Architecture+c.Config == "":
		return "a build fails"
	case c.Kind == rollup.Builds:
		return strings.TrimSpace(c.Architecture+" "+c.Config) + " does not build"
	case c.Kind == rollup.Boots:
		return cmp.Or(c.Platform, c.Path) + " does not boot"
	}
	return cmp.Or(c.Path, "a test") + " fails"
}

// Sentence returns the state of the revision in one sentence. earlier is the revision
// before it on its branch, nil for none. causes are causes of the revision, the most
// important first; the sentence names the new ones.
func (r *Revision) Sentence(earlier *Revision, causes []Cause) string {
	f := verdict.Facts{Counts: r.Total(), Causes: r.Causes, Judged: !r.Judged.IsZero()}
	if earlier != nil {
		f.Earlier = earlier.Name()
	}
	for i := range causes {
		if c := &causes[i]; c.Revision == r.Key && c.Verdict == verdict.New {
			f.New = append(f.New, c.Text())
		}
	}
	return verdict.Sentence(f)
}

// maxSentenceCauses is more causes than a sentence has room for.
const maxSentenceCauses = 100

// Sentences returns the sentence of each of the revisions.
func (db *DB) Sentences(ctx context.Context, revisions []Revision) ([]string, error) {
	if len(revisions) == 0 {
		return nil, nil
	}
	keys := make([]int64, len(revisions))
	for i := range revisions {
		keys[i] = revisions[i].Key
	}
	causes, err := db.Causes(ctx, keys, []verdict.Kind{verdict.New}, maxSentenceCauses)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(revisions))
	for i := range revisions {
		earlier, _, err := db.Neighbours(ctx, &revisions[i])
		if err != nil {
			return nil, err
		}
		texts[i] = revisions[i].Sentence(earlier, causes)
	}
	return texts, nil
}
