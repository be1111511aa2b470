// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Text returns the expression of a value as text, empty for NULL.
func Text(expression string) string { return sqldb.Text(expression) }

// Read calls f for each row of a query, after scanning the row into the pointers.
func Read(ctx context.Context, tx Tx, query string, args []any, into []any, f func() error) error {
	return sqldb.Read(ctx, tx, query, args, into, f)
}
