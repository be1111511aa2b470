// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Target is what builds are grouped by.
type Target struct{ Architecture, Config string }

// Sums are the numbers of a revision's results by verdict.
type Sums struct {
	Groups map[Group]verdict.Counts
	Builds map[Target]verdict.Counts
}

// Sums returns the numbers of revisions by group, and those of their builds by target.
// The groups are those of the first level, or of the second level in a group.
func (db *DB) Sums(ctx context.Context, revisions []int64, group string) (map[int64]Sums, error) {
	all := make(map[int64]Sums, len(revisions))
	for _, key := range revisions {
		all[key] = Sums{make(map[Group]verdict.Counts), make(map[Target]verdict.Counts)}
	}
	c := conditions{db: db}
	c.add(db.In("revision", 1), db.Numbers(revisions))
	c.level(group)
	query := `
		SELECT revision, level, kind, name, verdict, n
		FROM verdict_counts
		WHERE ` + c.all[0] + ` AND (kind <> 'build' AND ` + c.all[1] + ` OR kind = 'build' AND level = 2)`
	var revision, n int64
	var level, rank int
	var of Group
	into := []any{&revision, &level, (*string)(&of.Kind), &of.Name, &rank, &n}
	err := db.read(ctx, "read the groups of revisions", query, c.args, into, func() {
		if of.Kind == rollup.Builds {
			var t Target
			t.Architecture, t.Config, _ = strings.Cut(of.Name, ".")
			addCount(all[revision].Builds, t, verdict.Kinds[rank], n)
		} else {
			addCount(all[revision].Groups, of, verdict.Kinds[rank], n)
		}
	})
	return all, err
}

// level adds the condition that a row of verdict_counts is of a group of the first level, or
// of a group of the second level in a group.
func (c *conditions) level(group string) {
	if group == "" {
		c.add("level = 1")
	} else { // "/" is the character behind "."
		c.add("level = 2 AND (name = $%d OR name > $%d AND name < $%d)", group, group+".", group+"/")
	}
}

// addAt adds to the counts of a key at a revision.
func addAt[K comparable](all map[int64]map[K]verdict.Counts, revision int64, key K, k verdict.Kind, n int64) {
	if all[revision] == nil {
		all[revision] = make(map[K]verdict.Counts)
	}
	addCount(all[revision], key, k, n)
}

// addCount adds to the counts of a key.
func addCount[K comparable](counts map[K]verdict.Counts, key K, k verdict.Kind, n int64) {
	if counts[key] == nil {
		counts[key] = make(verdict.Counts)
	}
	counts[key][k] += n
}
