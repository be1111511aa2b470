// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// transaction is a transaction of a database, with the dialect of the database.
type transaction struct {
	sqldb.Tx
	sqldb.Dialect
}

// read calls f for each row of a query, after scanning the row into the pointers.
func (tx transaction) read(ctx context.Context, query string, args, into []any, f func() error) error {
	return sqldb.Read(ctx, tx, query, args, into, f)
}

// readRow scans the last row of a query into the pointers, if there is any.
func (tx transaction) readRow(ctx context.Context, query string, args []any, into ...any) error {
	_, err := sqldb.ReadRow(ctx, tx, query, args, into...)
	return err
}
