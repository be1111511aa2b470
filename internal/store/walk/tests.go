// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// outcomeProperties and runProperties are the properties of tests that outcomes and runs
// have.
var (
	outcomeProperties = []string{"id", "build_id", "origin", "path", "status", "environment", "start_time"}
	runProperties     = append(slices.Clone(outcomeProperties), "duration", "log_url", "misc")
)

// Outcomes returns what is needed of tests to sum them up.
func (s Store) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	platformOf := s.platforms()
	outcome := func(t *report.Test) store.Outcome {
		o := store.Outcome{ID: t.ID, BuildID: t.BuildID, Origin: t.Origin, Path: text(t.Path), Status: text(t.Status)}
		if t.Environment != nil {
			o.Platform = platformOf(t.Environment.Misc)
		}
		if t.StartTime != nil {
			o.Start = *t.StartTime
		}
		return o
	}
	key := func(o *store.Outcome) store.RunKey { return store.RunKey{BuildID: o.BuildID, Path: o.Path, ID: o.ID} }
	return testsOf(ctx, s.finder, builds, store.RunKey{}, outcomeProperties, outcome, key)
}

// Runs returns the tests of builds as lists show them.
func (s Store) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	run := func(t *report.Test) store.Run {
		r := store.Run{
			ID: t.ID, BuildID: t.BuildID, Origin: t.Origin, Path: text(t.Path), Status: text(t.Status),
			Start: t.StartTime, Duration: t.Duration, LogURL: text(t.LogURL), Misc: t.Misc,
		}
		if t.Environment != nil {
			r.Compatible, r.EnvironmentMisc = t.Environment.Compatible, t.Environment.Misc
		}
		return r
	}
	key := func(r *store.Run) store.RunKey { return store.RunKey{BuildID: r.BuildID, Path: r.Path, ID: r.ID} }
	return testsOf(ctx, s.finder, builds, after, runProperties, run, key)
}

// firstGroup is the number of builds whose tests are read at once at first. Each group has
// four times as many builds as the one before, up to lastGroup: the first page of a list
// comes soon, and a long list needs few questions.
const firstGroup, lastGroup = 16, 256

// testsOf returns the tests of builds, build by build in the order given, by path and ID
// within a build. It holds the tests of one group of builds in memory.
func testsOf[T any](ctx context.Context, f Finder, builds []string, after store.RunKey, properties []string, read func(*report.Test) T, key func(*T) store.RunKey) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := f.Ready(ctx); err != nil {
			yield(none, err)
			return
		}
		for group := range groupsOf(distinct(builds)) {
			tests := make(map[string][]T, len(group))
			q := Question{List: store.Tests, Of: map[object.Type][]store.Key{object.TypeBuild: keys(group)}, Properties: properties}
			for r, err := range f.Find(ctx, q) {
				if err != nil {
					yield(none, err)
					return
				}
				for i := range r.Tests {
					t := read(&r.Tests[i])
					if k := key(&t); k.BuildID != after.BuildID || compareRuns(k, after) > 0 {
						tests[k.BuildID] = append(tests[k.BuildID], t)
					}
				}
			}
			for _, build := range group {
				all := tests[build]
				slices.SortFunc(all, func(a, b T) int { return compareRuns(key(&a), key(&b)) })
				for _, t := range all {
					if err := ctx.Err(); err != nil {
						yield(none, err)
						return
					}
					if !yield(t, nil) {
						return
					}
				}
			}
		}
	}
}

// compareRuns compares the keys of tests of the same build.
func compareRuns(a, b store.RunKey) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.ID, b.ID))
}

// groupsOf returns IDs in groups, in the order given.
func groupsOf(all []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for size := firstGroup; len(all) > 0; size = min(4*size, lastGroup) {
			n := min(size, len(all))
			if !yield(all[:n]) {
				return
			}
			all = all[n:]
		}
	}
}

// distinct returns those of the IDs that objects may have, each once, in the order given.
func distinct(all []string) []string {
	seen := make(map[string]bool, len(all))
	var list []string
	for _, id := range all {
		if isText(id) && !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}

// keys returns IDs as keys, in order.
func keys(all []string) []store.Key {
	list := make([]store.Key, len(all))
	for i, id := range all {
		list[i].ID = id
	}
	slices.SortFunc(list, compareKeys)
	return list
}

// text returns a text, "" if it is absent.
func text[T ~string](s *T) T {
	if s == nil {
		return ""
	}
	return *s
}
