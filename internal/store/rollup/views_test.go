// SPDX-License-Identifier: Apache-2.0

package rollup_test

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// wrapped is a connection whose views have wrapped transactions.
type wrapped struct {
	sqldb.Conn
	wrap func(sqldb.Tx) sqldb.Tx
}

func (w wrapped) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return w.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, w.wrap(tx)) })
}
