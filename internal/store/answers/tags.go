// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Tags have no index, so Tagged reads a limited number of checkouts of a limited number of
// trees, the newest of each.
const (
	maxTagTrees     = 20
	maxTagCheckouts = 1_000
)

// Tagged returns the hashes of the commits with a tag, by checkouts of an origin, a
// repository and a branch, where "" stands for any repository or branch. It looks at the
// newest 1,000 checkouts of each of the 20 newest trees that isTree accepts.
func (db *DB) Tagged(ctx context.Context, tag string, of CheckoutsOf, isTree func(*Revision) bool) (hashes []string, err error) {
	query := `
		SELECT hash, tags
		FROM (
			SELECT ` + sqldb.Text("c.git_commit_hash") + ` AS hash, ` + db.JSON("c.git_commit_tags") + ` AS tags
			FROM counted_checkouts k JOIN checkouts c ON c.id = k.checkout_id
			WHERE k.tree = $1
			ORDER BY k.start DESC, k.checkout_id DESC LIMIT $3
		) newest
		WHERE hash <> '' AND tags LIKE $2 ESCAPE '!'`
	var hash, tags string
	err = db.view(ctx, "look for a tag", func(ctx context.Context, tx sqldb.Tx) error {
		trees, err := db.newestTrees(ctx, tx, of, isTree)
		if err != nil {
			return err
		}
		for _, key := range trees {
			err := forEachRow(ctx, tx, query, []any{key, sqldb.Containing(inJSON(tag)), maxTagCheckouts}, []any{&hash, &tags}, func() {
				if slices.Contains(listOf(tags), tag) && !slices.Contains(hashes, hash) {
					hashes = append(hashes, hash)
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return hashes, err
}

// inJSON returns a text as it stands in a JSON string, without the quotes. Both engines
// escape the same characters: quotes, backslashes and control characters.
func inJSON(text string) string {
	quoted, _ := jsontext.AppendQuote(nil, text) // its only error is invalid UTF-8, which no tag has
	return string(quoted[1 : len(quoted)-1])
}

// TagsOf returns the tags of checkouts, by their IDs. It leaves out checkouts without a
// list of tags.
func (db *DB) TagsOf(ctx context.Context, checkouts []string) (map[string][]string, error) {
	query := `
		SELECT id, ` + db.JSON("git_commit_tags") + `
		FROM checkouts
		WHERE git_commit_tags IS NOT NULL AND ` + db.In("id", 1)
	all := make(map[string][]string)
	var id, tags string
	err := db.read(ctx, "read tags", query, []any{db.List(checkouts)}, []any{&id, &tags}, func() { all[id] = listOf(tags) })
	return all, err
}

// newestTrees returns the keys of trees, those with the newest checkouts first.
func (db *DB) newestTrees(ctx context.Context, tx sqldb.Tx, of CheckoutsOf, isTree func(*Revision) bool) (keys []int64, err error) {
	var key int64
	var r Revision
	query := "SELECT key, tree_name, url, branch FROM tree_heads WHERE origin = $1 ORDER BY start DESC, key DESC"
	err = forEachRow(ctx, tx, query, []any{of.Origin}, []any{&key, &r.TreeName, &r.RepositoryURL, &r.Branch}, func() {
		if len(keys) < maxTagTrees && (of.Branch == "" || of.Branch == r.Branch) && isTree(&r) &&
			(of.RepositoryURL == "" || sameRepository(of.RepositoryURL, r.RepositoryURL)) {
			keys = append(keys, key)
		}
	})
	return keys, err
}

// listOf returns the texts of a JSON list, nil if the text is not such a list.
func listOf(text string) (list []string) {
	if text != "" && jsonv2.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}
