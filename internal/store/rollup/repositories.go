// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
)

// spellings returns the URLs of the repository that a URL is of, as checkouts have
// them: facts.RepositoryKey tells which are of the same. Each checkout has a tree,
// and there are far fewer trees than checkouts. A repository without checkouts has
// the URL that was asked for.
func (d *Dialect) spellings(ctx context.Context, tx Tx, url string) ([]string, error) {
	key := facts.RepositoryKey(url)
	_, path, _ := strings.Cut(key, "/")
	like := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(path)
	var all []string
	var found string
	err := Read(ctx, tx, "SELECT DISTINCT url FROM tree_heads WHERE url LIKE $1 ESCAPE '!' ORDER BY url", []any{"%" + like + "%"}, []any{&found}, func() error {
		if facts.RepositoryKey(found) == key {
			all = append(all, found)
		}
		return nil
	})
	if len(all) == 0 {
		all = []string{url}
	}
	return all, err
}

// isRepository returns the condition that a column is one of some URLs, which is the
// parameter with the number, and the parameter. An index of branches by time orders
// the checkouts of one URL, and not those of several.
func (d *Dialect) isRepository(column string, urls []string, parameter int) (string, any) {
	if len(urls) == 1 {
		return equals(column, parameter), urls[0]
	}
	return d.In(column, parameter), d.List(urls)
}

// sameRepository reports whether two URLs are of one repository.
func sameRepository(a, b string) bool {
	return a == b || facts.RepositoryKey(a) == facts.RepositoryKey(b)
}
