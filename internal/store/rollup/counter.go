// SPDX-License-Identifier: Apache-2.0

package rollup

import "context"

// countRow is a row of a table of counts.
type countRow[R any] interface {
	comparable
	// withN returns the row with n, and with the hash of its other values if the
	// table has one.
	withN(n int64) R
}

// counter has the numbers to add to rows of a table of counts. Its keys are rows
// without n and hash.
type counter[R countRow[R]] map[R]int64

// rows returns the rows of all counts, each with its n.
func (c counter[R]) rows() []R {
	all := make([]R, 0, len(c))
	for r, n := range c {
		all = append(all, r.withN(n))
	}
	return all
}

// add adds a counter to the rows of a table, and deletes the rows whose n becomes 0.
func add[R countRow[R]](ctx context.Context, tx transaction, t *table[R], c counter[R]) error {
	var changed, fewer []R
	for r, n := range c {
		if n == 0 {
			continue
		}
		r = r.withN(n)
		changed = append(changed, r)
		if n < 0 {
			fewer = append(fewer, r)
		}
	}
	if err := t.insert(ctx, tx, changed, "DO UPDATE SET n = "+t.name+".n + excluded.n"); err != nil {
		return err
	}
	return t.remove(ctx, tx, fewer, " AND n = 0")
}
