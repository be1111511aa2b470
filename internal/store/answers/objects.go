// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Objects returns the number of objects in each list, which are counted already.
func (db *DB) Objects(ctx context.Context) (map[store.List]int64, error) {
	all := make(map[store.List]int64)
	err := db.view(ctx, "count objects", func(ctx context.Context, tx sqldb.Tx) error {
		counts, err := rollup.Objects(ctx, tx)
		for _, list := range store.Lists {
			all[list] = counts[string(list)]
		}
		return err
	})
	return all, err
}
