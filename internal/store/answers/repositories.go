// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// repositoryURLs returns the URLs that checkouts have for the repository of a URL, as
// facts.RepositoryKey decides. It reads the trees, because there are far fewer trees
// than checkouts. If the repository has no checkouts, it returns the URL itself.
func (db *DB) repositoryURLs(ctx context.Context, tx sqldb.Tx, url string) ([]string, error) {
	key := facts.RepositoryKey(url)
	_, path, _ := strings.Cut(key, "/")
	var all []string
	var found string
	query := "SELECT DISTINCT url FROM tree_heads WHERE url LIKE $1 ESCAPE '!' ORDER BY url"
	err := forEachRow(ctx, tx, query, []any{sqldb.Containing(path)}, []any{&found}, func() {
		if facts.RepositoryKey(found) == key {
			all = append(all, found)
		}
	})
	if len(all) == 0 {
		all = []string{url}
	}
	return all, err
}

// inRepository returns the condition that a column is one of the URLs, which are
// parameter n, and the parameter. A single URL is compared as such: the index of
// branches by time orders the checkouts of one URL, but not those of several.
func (db *DB) inRepository(column string, urls []string, n int) (condition string, arg any) {
	if len(urls) == 1 {
		return sqldb.Equals(column, n), urls[0]
	}
	return db.In(column, n), db.List(urls)
}

// sameRepository reports whether two URLs are of the same repository.
func sameRepository(a, b string) bool {
	return a == b || facts.RepositoryKey(a) == facts.RepositoryKey(b)
}
