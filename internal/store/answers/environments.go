// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// environmentsAtOnce limits the number of environments that are in memory.
const environmentsAtOnce = 500

// platformsOf returns the platforms of environments, by the names of the contents that have
// them. A name may come several times; "" is no environment.
func (db *DB) platformsOf(ctx context.Context, tx sqldb.Tx, environments []string) (map[string]string, error) {
	var names set
	names.add(environments...)
	delete(names, "")
	all := make(map[string]string, len(names))
	var platforms rollup.Platforms
	for chunk := range slices.Chunk(names.sorted(), environmentsAtOnce) {
		contents, err := db.Contents(ctx, tx, chunk)
		if err != nil {
			return nil, err
		}
		for _, name := range chunk {
			all[name] = platforms.Of([]byte(contents[name]))
		}
	}
	return all, nil
}
