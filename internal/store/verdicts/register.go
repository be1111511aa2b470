// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/treenames"
)

// marksAtOnce limits the number of marks that a transaction takes. A load that changes one
// of these checkouts waits for the end of the transaction.
const marksAtOnce = 100

// Window is the number of earlier revisions that a revision is compared with.
const Window = 10

// commit is a revision on any branch.
type commit struct{ hash, patchset string }

func (c commit) patched() int64 {
	if c.patchset != "" {
		return 1
	}
	return 0
}

func (c commit) compare(other commit) int {
	return cmp.Or(strings.Compare(c.hash, other.hash), strings.Compare(c.patchset, other.patchset))
}

// branchName identifies a branch.
type branchName struct{ tree, name string }

func (b branchName) key() int64 { return rollup.HashOf(b.tree, b.name) }

// on returns the key of a revision on a branch.
func (c commit) on(b branchName) int64 { return rollup.HashOf(b.tree, b.name, c.hash, c.patchset) }

// place is the place of a revision in the order of a branch.
type place struct{ start, key int64 }

func (p place) before(other place) bool {
	return cmp.Or(cmp.Compare(p.start, other.start), cmp.Compare(p.key, other.key)) < 0
}

// registrar takes marks of changed checkouts: it puts their revisions on their branches, and
// lets them wait to be judged.
type registrar struct {
	sqldb.Tx
	sqldb.Dialect
	names *treenames.Names
}

// register takes some marks, and returns their number. The transaction holds JudgeLock.
func (r *registrar) register(ctx context.Context) (int, error) {
	marks, err := r.marks(ctx)
	if err != nil || len(marks) == 0 {
		return 0, err
	}
	ids := slices.Sorted(maps.Keys(marks))
	commits, gone, err := r.commitsOf(ctx, ids)
	if err != nil {
		return 0, err
	}
	for _, c := range slices.SortedFunc(maps.Keys(commits), commit.compare) {
		if err := r.place(ctx, c); err != nil {
			return 0, err
		}
	}
	key := sqldb.Columns("checkout_id")
	if len(gone) > 0 {
		if _, err := r.Each(ctx, r.Delete("revision_checkouts", key), key, gone); err != nil {
			return 0, err
		}
	}
	mark := sqldb.Columns("checkout_id changed#")
	var taken [][]any
	for _, id := range ids {
		taken = append(taken, []any{id, marks[id]})
	}
	_, err = r.Each(ctx, r.Delete(rollup.ChangedCheckouts, mark), mark, taken)
	return len(marks), err
}

// marks locks the first marks and returns them, by checkout. It leaves out marks that a load
// is changing.
func (r *registrar) marks(ctx context.Context) (map[string]int64, error) {
	marks := make(map[string]int64)
	var id string
	var changed int64
	query := fmt.Sprintf("SELECT checkout_id, changed FROM changed_checkouts ORDER BY checkout_id LIMIT %d ", marksAtOnce) + r.SkipLocked()
	err := sqldb.Read(ctx, r, query, nil, []any{&id, &changed}, func() error { marks[id] = changed; return nil })
	return marks, err
}

// commitsOf returns the revisions that checkouts belong to, or belonged to when they were
// last looked at; and the checkouts, as rows, that belong to none now.
func (r *registrar) commitsOf(ctx context.Context, ids []string) (commits map[commit]bool, gone [][]any, err error) {
	commits = make(map[commit]bool)
	var c commit
	var id string
	before := make(map[string]bool)
	query := `
		SELECT k.checkout_id, v.commit_hash, v.patchset_hash
		FROM revision_checkouts k JOIN revisions v ON v.key = k.revision
		WHERE ` + r.In("k.checkout_id", 1)
	args := []any{r.List(ids)}
	err = sqldb.Read(ctx, r, query, args, []any{&id, &c.hash, &c.patchset}, func() error {
		commits[c], before[id] = true, true
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	query = `
		SELECT c.id, c.git_commit_hash, ` + r.Patchset("c") + `
		FROM checkouts c
		WHERE c.git_commit_hash IS NOT NULL AND ` + r.Patchset("c") + ` IS NOT NULL AND ` + r.In("c.id", 1)
	err = sqldb.Read(ctx, r, query, args, []any{&id, &c.hash, &c.patchset}, func() error {
		commits[c] = true
		delete(before, id)
		return nil
	})
	for id := range before {
		gone = append(gone, []any{id})
	}
	return commits, gone, err
}

// checkoutOf is a checkout of a revision.
type checkoutOf struct {
	id             string
	branch         branchName
	url, name      string
	start, arrived int64
}

// checkouts returns the checkouts of a revision, by ID.
func (r *registrar) checkouts(ctx context.Context, c commit) (all []checkoutOf, err error) {
	query := `
		SELECT c.id, ` + sqldb.Text("c.tree_name") + `, ` + sqldb.Text("c.git_repository_url") + `, ` + sqldb.Text("c.git_repository_branch") + `,
			` + sqldb.Text("c.git_commit_name") + `, ` + r.Micros("c.start_time") + `, ` + r.Micros("c._timestamp") + `
		FROM checkouts c
		WHERE c.git_commit_hash = $1 AND ` + r.Patchset("c") + ` = $2
		ORDER BY c.id`
	var o checkoutOf
	var tree string
	into := []any{&o.id, &tree, &o.url, &o.branch.name, &o.name, &o.start, &o.arrived}
	err = sqldb.Read(ctx, r, query, []any{c.hash, c.patchset}, into, func() error {
		named := o
		named.branch.tree = r.names.Tree(tree, o.url)
		all = append(all, named)
		return nil
	})
	return all, err
}

// placed is a row of revisions as far as it depends on checkouts.
type placed struct {
	branch    branchName
	name, url string
	start     int64
}

// branchesOf returns the rows of a revision by key. The revision stands on each branch that a
// checkout names; on the branch without a tree only if no checkout names a tree.
func (c commit) branchesOf(checkouts []checkoutOf) map[int64]placed {
	rows := make(map[int64]placed)
	var start, arrived int64
	name, named := "", false
	for _, o := range checkouts {
		start, arrived = earliest(start, o.start), earliest(arrived, o.arrived)
		name = cmp.Or(name, o.name)
		named = named || o.branch.tree != ""
	}
	for _, o := range checkouts {
		if named && o.branch.tree == "" {
			continue
		}
		key := c.on(o.branch)
		rows[key] = placed{o.branch, name, cmp.Or(rows[key].url, o.url), cmp.Or(start, arrived)}
	}
	return rows
}

// earliest returns the earlier of two moments; 0 stands for no moment.
func earliest(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// place puts a revision on its branches as its checkouts say now. It lets the revision wait,
// and the later ones that are compared with it: their verdicts follow from the same results,
// and not from the verdicts of this one, so all may be judged in any order.
func (r *registrar) place(ctx context.Context, c commit) error {
	checkouts, err := r.checkouts(ctx, c)
	if err != nil {
		return err
	}
	rows := c.branchesOf(checkouts)
	before, branches, err := r.placesOf(ctx, c)
	if err != nil {
		return err
	}
	for key, was := range before {
		if row, stays := rows[key]; stays && row.start == was.start {
			continue
		}
		if err := r.wakeLater(ctx, branches[key], was, c.patched()); err != nil {
			return err
		}
		if _, stays := rows[key]; !stays {
			if err := r.drop(ctx, key); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		row := rows[key]
		if err := r.put(ctx, c, key, row); err != nil {
			return err
		}
		if err := r.wakeLater(ctx, row.branch.key(), place{row.start, key}, c.patched()); err != nil {
			return err
		}
		branches[key] = row.branch.key()
	}
	if err := r.noteCheckouts(ctx, c, checkouts, rows); err != nil {
		return err
	}
	for _, branch := range slices.Sorted(maps.Values(branches)) {
		if err := r.findHead(ctx, branch); err != nil {
			return err
		}
	}
	return nil
}

// placesOf returns the places where a revision stands, and its branches, by key.
func (r *registrar) placesOf(ctx context.Context, c commit) (places map[int64]place, branches map[int64]int64, err error) {
	places, branches = make(map[int64]place), make(map[int64]int64)
	var p place
	var branch int64
	query := "SELECT key, start, branch FROM revisions WHERE commit_hash = $1 AND patchset_hash = $2"
	err = sqldb.Read(ctx, r, query, []any{c.hash, c.patchset}, []any{&p.key, &p.start, &branch}, func() error {
		places[p.key], branches[p.key] = p, branch
		return nil
	})
	return places, branches, err
}

// put inserts or updates the row of a revision, and the row of its branch.
func (r *registrar) put(ctx context.Context, c commit, key int64, row placed) error {
	branch := row.branch.key()
	_, err := r.Exec(ctx, `
		INSERT INTO branches (key, tree, name, url, patched, head) VALUES ($1, $2, $3, $4, 0, 0)
		ON CONFLICT (key) DO NOTHING`, branch, row.branch.tree, row.branch.name, row.url)
	if err != nil {
		return err
	}
	_, err = r.Exec(ctx, `
		INSERT INTO revisions (key, branch, patched, commit_hash, patchset_hash, commit_name, url, start,
			version, done, due, changed, judged, counts, causes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 0, 0, 0, 0, '', '')
		ON CONFLICT (key) DO UPDATE SET commit_name = excluded.commit_name, url = excluded.url, start = excluded.start,
			version = revisions.version + 1`,
		key, branch, c.patched(), c.hash, c.patchset, row.name, row.url, row.start)
	return err
}

// drop deletes a revision with all that belongs to it.
func (r *registrar) drop(ctx context.Context, key int64) error {
	for _, name := range []string{"verdict_counts", "verdicts", "causes", "revision_checkouts"} {
		if _, err := r.Exec(ctx, "DELETE FROM "+name+" WHERE revision = $1", key); err != nil {
			return err
		}
	}
	_, err := r.Exec(ctx, "DELETE FROM revisions WHERE key = $1", key)
	return err
}

// noteCheckouts records which revision the checkouts belong to.
func (r *registrar) noteCheckouts(ctx context.Context, c commit, checkouts []checkoutOf, rows map[int64]placed) error {
	columns := sqldb.Columns("checkout_id revision#")
	var all [][]any
	for _, o := range checkouts {
		key := c.on(o.branch)
		if _, ok := rows[key]; !ok { // it names no tree, and others do
			key = slices.Min(slices.Collect(maps.Keys(rows)))
		}
		all = append(all, []any{o.id, key})
	}
	if len(all) == 0 {
		return nil
	}
	query := r.Insert("revision_checkouts", columns) + " ON CONFLICT (checkout_id) DO UPDATE SET revision = excluded.revision"
	_, err := r.Each(ctx, query, columns, all)
	return err
}

// findHead finds the newest revision of a branch, and deletes the branch if it has none.
func (r *registrar) findHead(ctx context.Context, branch int64) error {
	for _, patched := range []int64{0, 1} {
		var start int64
		var url string
		query := "SELECT start, url FROM revisions WHERE branch = $1 AND patched = $2 ORDER BY start DESC, key DESC LIMIT 1"
		found, err := sqldb.ReadRow(ctx, r, query, []any{branch, patched}, &start, &url)
		if err != nil {
			return err
		}
		if found {
			_, err := r.Exec(ctx, "UPDATE branches SET head = $2, url = $3, patched = $4 WHERE key = $1", branch, start, url, patched)
			return err
		}
	}
	_, err := r.Exec(ctx, "DELETE FROM branches WHERE key = $1", branch)
	return err
}

// wakeLater lets the later revisions of a branch wait that are compared with a revision at
// a place. Revisions with patches are compared with, never.
func (r *registrar) wakeLater(ctx context.Context, branch int64, from place, patched int64) error {
	if patched != 0 {
		return nil
	}
	var to place
	query := fmt.Sprintf(`
		SELECT start, key FROM revisions
		WHERE branch = $1 AND patched = 0 AND (start, key) > ($2, $3)
		ORDER BY start, key LIMIT 1 OFFSET %d`, Window-1)
	args := []any{branch, from.start, from.key}
	bounded, err := sqldb.ReadRow(ctx, r, query, args, &to.start, &to.key)
	if err != nil {
		return err
	}
	query = `
		UPDATE revisions SET version = version + 1
		WHERE branch = $1 AND patched IN (0, 1) AND (start, key) > ($2, $3)`
	if bounded {
		query += " AND (start, key) <= ($4, $5)"
		args = append(args, to.start, to.key)
	}
	_, err = r.Exec(ctx, query, args...)
	return err
}
