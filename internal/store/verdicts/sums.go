// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
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
	args, tests := []any{db.Numbers(revisions)}, "level = 1"
	if group != "" { // "/" follows "." in the order of names
		args, tests = append(args, group, group+"/"), "level = 2 AND name >= $2 AND name < $3"
	}
	query := `
		SELECT revision, level, kind, name, verdict, n
		FROM verdict_counts
		WHERE ` + db.In("revision", 1) + ` AND (kind <> 'build' AND ` + tests + ` OR kind = 'build' AND level = 2)`
	var revision, n int64
	var level, rank int
	var of Group
	err := db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		return sqldb.Read(ctx, tx, query, args, []any{&revision, &level, (*string)(&of.Kind), &of.Name, &rank, &n}, func() error {
			if of.Kind == rollup.Builds {
				var t Target
				t.Architecture, t.Config, _ = strings.Cut(of.Name, ".")
				addCount(all[revision].Builds, t, verdict.Kinds[rank], n)
			} else {
				addCount(all[revision].Groups, of, verdict.Kinds[rank], n)
			}
			return nil
		})
	})
	return all, db.Failure(ctx, "read the groups of revisions", err)
}

func addCount[K comparable](counts map[K]verdict.Counts, key K, k verdict.Kind, n int64) {
	if counts[key] == nil {
		counts[key] = make(verdict.Counts)
	}
	counts[key][k] += n
}
