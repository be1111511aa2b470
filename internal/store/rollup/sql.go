// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store/lists"
)

// In returns the condition that an expression is among a list of texts, which is
// the parameter with the number, as List returns it.
func (d *Dialect) In(expression string, parameter int) string {
	if d.Arrays {
		return fmt.Sprintf("%s = ANY($%d)", expression, parameter)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", expression, parameter)
}

// inMany is In for a list of thousands, which PostgreSQL would look at one by one to
// guess how many rows there are of each.
func (d *Dialect) inMany(expression string, parameter int) string {
	if d.Arrays {
		return fmt.Sprintf("%s IN (SELECT unnest($%d::text[]))", expression, parameter)
	}
	return d.In(expression, parameter)
}

// List returns a list of texts as a parameter.
func (d *Dialect) List(texts []string) any {
	if d.Arrays {
		return texts
	}
	return string(lists.AppendStrings(nil, texts))
}

// Micros returns the expression of a time of an object in microseconds since
// 1970, 0 for none.
func (d *Dialect) Micros(column string) string {
	if d.Arrays {
		return "coalesce((extract(epoch FROM " + column + ") * 1000000)::bigint, 0)"
	}
	return "coalesce(" + column + ", 0)"
}

// Text returns the expression of a value as a text, "" for none.
func Text(column string) string { return "coalesce(CAST(" + column + " AS text), '')" }

// Read calls f for each row of a query, with its values in into.
func Read(ctx context.Context, tx Tx, query string, args []any, into []any, f func() error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}
