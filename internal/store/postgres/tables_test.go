// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
)

// TestColumns finds the columns of all properties in the newest schema, and those of tests
// in the view that people read, too.
func TestColumns(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	for i := range tables {
		table := &tables[i]
		for _, relation := range slices.Compact([]string{table.name, string(table.List)}) {
			names := queryColumn[string](t, s, "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass", relation)
			for _, column := range table.Columns {
				if !slices.Contains(names, column) {
					t.Errorf("VisitFields in package report has the property %s of %s, and no migration in internal/store/postgres/migrations adds the column to %s",
						column, table.List, relation)
				}
			}
		}
	}
}
