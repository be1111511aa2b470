// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"slices"
)

// Around returns revisions of the branch of a revision, newest first, at most n: the newest
// ones; if the revision is not among these, itself and those before it. Revisions with
// patches are left out, unless the branch has no others, but not the revision itself.
func (db *DB) Around(ctx context.Context, r *Revision, n int) ([]Revision, error) {
	newest := func(condition string) string { // reads n rows of the index
		return `SELECT key FROM (SELECT x.key FROM revisions x
			WHERE x.branch = $1 AND x.patched = (SELECT b.patched FROM branches b WHERE b.key = $1)` + condition + `
			ORDER BY x.start DESC, x.key DESC LIMIT $3) newest`
	}
	rest := `WHERE v.key IN (SELECT x.key FROM revisions x WHERE x.key = $2 UNION ` +
		newest("") + ` UNION ` + newest(" AND (x.start, x.key) < ($4, $2)") + `)
		ORDER BY v.start DESC, v.key DESC`
	all, err := db.revisions(ctx, rest, r.BranchKey, r.Key, n, r.Start.UnixMicro())
	at := slices.IndexFunc(all, func(other Revision) bool { return other.Key == r.Key })
	if at >= n {
		all = all[at:]
	}
	return all[:min(n, len(all))], err
}
