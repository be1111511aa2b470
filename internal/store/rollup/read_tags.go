// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
)

// Tags have no index. A tag is looked for among so many of the newest checkouts of
// each of so many trees, those whose newest checkouts are the newest.
const (
	maxTagTrees     = 20
	maxTagCheckouts = 1_000
)

// Tagged returns the hashes of the commits with a tag, as checkouts of an origin, a
// repository and a branch tell, "" being any. It looks among the newest 1,000
// checkouts of each of the 20 newest trees that are not excluded by their name.
func (db *DB) Tagged(ctx context.Context, tag string, of CheckoutsOf, isTree func(*Revision) bool) (hashes []string, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		trees, err := db.newestTrees(ctx, tx, of, isTree)
		if err != nil {
			return err
		}
		like := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(tag)
		var hash, tags string
		for _, key := range trees {
			err := Read(ctx, tx, "SELECT hash, tags FROM (SELECT "+Text("c.git_commit_hash")+" AS hash, "+db.JSON("c.git_commit_tags")+" AS tags"+
				" FROM counted_checkouts k JOIN checkouts c ON c.id = k.checkout_id WHERE k.tree = $1 ORDER BY k.start DESC, k.checkout_id DESC"+
				fmt.Sprintf(" LIMIT %d) part WHERE hash <> '' AND tags LIKE $2 ESCAPE '!'", maxTagCheckouts),
				[]any{key, "%" + like + "%"}, []any{&hash, &tags}, func() error {
					if slices.Contains(listOf(tags), tag) && !slices.Contains(hashes, hash) {
						hashes = append(hashes, hash)
					}
					return nil
				})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return hashes, db.Failure(ctx, "look for a tag", err)
}

// newestTrees returns the keys of trees, those with the newest checkouts first.
func (d *Dialect) newestTrees(ctx context.Context, tx Tx, of CheckoutsOf, isTree func(*Revision) bool) (keys []int64, err error) {
	var key int64
	var r Revision
	err = Read(ctx, tx, "SELECT key, tree_name, url, branch FROM tree_heads WHERE origin = $1 ORDER BY start DESC, key DESC", []any{of.Origin},
		[]any{&key, &r.TreeName, &r.RepositoryURL, &r.Branch}, func() error {
			if len(keys) < maxTagTrees && (of.Branch == "" || of.Branch == r.Branch) && isTree(&r) &&
				(of.RepositoryURL == "" || facts.RepositoryKey(of.RepositoryURL) == facts.RepositoryKey(r.RepositoryURL)) {
				keys = append(keys, key)
			}
			return nil
		})
	return keys, err
}
