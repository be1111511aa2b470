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
	err := forEachRow(ctx, tx, query, []any{containing(path)}, []any{&found}, func() {
		if facts.RepositoryKey(found) == key {
			all = append(all, found)
		}
	})
	if len(all) == 0 {
		all = []string{url}
	}
	return all, err
}

// maxContained is how many bytes of a text a pattern has. SQLite refuses a pattern of more
// than 50,000 bytes, and a name in a report has no more than 1,024.
const maxContained = 1_024

// containing returns the pattern of LIKE, with ESCAPE '!', for values that contain the
// first maxContained bytes of a text. A caller compares the values that it finds.
func containing(text string) string {
	if len(text) > maxContained {
		text = strings.ToValidUTF8(text[:maxContained], "") // without a part of a character
	}
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
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
