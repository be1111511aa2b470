// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"slices"
	"strings"
)

// insertion inserts rows that may be there, many with one statement: a server
// may be some way off.
type insertion[T any] struct {
	head, row, tail string
	values          func(T) []any
	compare         func(a, b T) int // 0 for those that are the same row
	// Where the tail has parameters: its values, and whether two have the same.
	last     func(T) []any
	together func(a, b T) bool
}

// rowsAtOnce is how many rows a statement inserts at most.
const rowsAtOnce = 100

// exec inserts the rows in their order, and those that are the same in the order
// given. It returns how many rows it inserted or changed.
func (i *insertion[T]) exec(t *tx, rows []T) (changed int64, err error) {
	rows = slices.SortedStableFunc(slices.Values(rows), i.compare)
	for len(rows) > 0 {
		n := 1 // a statement cannot change a row twice
		for n < len(rows) && n < rowsAtOnce && i.compare(rows[n-1], rows[n]) != 0 && (i.together == nil || i.together(rows[0], rows[n])) {
			n++
		}
		var args []any
		for _, row := range rows[:n] {
			args = append(args, i.values(row)...)
		}
		if i.last != nil {
			args = append(args, i.last(rows[0])...)
		}
		affected, err := t.exec(i.head+i.row+strings.Repeat(", "+i.row, n-1)+i.tail, args...)
		if err != nil {
			return changed, err
		}
		changed += affected
		rows = rows[n:]
	}
	return changed, nil
}
