// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// insertion inserts rows that may exist already, many with one statement, because a
// server may be some way off.
type insertion[T any] struct {
	table   string
	columns []sqldb.Column
	values  func(T) []any
	compare func(a, b T) int // 0 for the same row of the table
	// conflict is the ON CONFLICT clause of the statement. Rows of one statement are
	// together.
	conflict func(first T) string
	together func(a, b T) bool
}

// exec inserts the rows in their order, and rows that are the same in the order given.
// It returns how many rows it inserted or changed.
func (i *insertion[T]) exec(t *tx, all []T) (changed int64, err error) {
	all = slices.SortedStableFunc(slices.Values(all), i.compare)
	for len(all) > 0 {
		n := 1 // a statement cannot change a row twice
		for n < len(all) && i.compare(all[n-1], all[n]) != 0 && i.together(all[0], all[n]) {
			n++
		}
		values := make([][]any, n)
		for k, row := range all[:n] {
			values[k] = i.values(row)
		}
		affected, err := t.Each(t.ctx, t.Insert(i.table, i.columns)+" "+i.conflict(all[0]), i.columns, values)
		if err != nil {
			return changed, err
		}
		changed += affected
		all = all[n:]
	}
	return changed, nil
}
