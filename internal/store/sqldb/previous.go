// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store"
)

// Previous returns the IDs of builds like the given one.
func (s Store) Previous(ctx context.Context, like store.Like, n int) (ids []string, err error) {
	query, args := PreviousSQL(s.db, like, n)
	var id string
	err = s.db.View(ctx, func(ctx context.Context, tx Tx) error {
		ids = nil
		return Read(ctx, tx, query, args, []any{&id}, func() error { ids = append(ids, id); return nil })
	})
	return ids, s.db.Failure(ctx, "previous", err)
}

// PreviousSQL returns the query of Previous. It reads the checkouts of the branch from
// the newest to older ones, by an index; CROSS JOIN keeps SQLite from beginning with
// the builds. Equality that holds for NULL, too, would not use PostgreSQL's indexes.
func PreviousSQL(d Dialect, like store.Like, n int) (query string, args []any) {
	param := func(value any) int {
		args = append(args, value)
		return len(args)
	}
	is := func(column, text string) string {
		if text == "" {
			return column + " IS NULL"
		}
		return Equals(column, param(text))
	}
	origin, before, limit := param(like.Origin), param(like.Before.UnixMicro()), param(max(n, 0))
	return fmt.Sprintf(`
		SELECT b.id FROM checkouts c CROSS JOIN builds b
		WHERE b.checkout_id = c.id AND c.start_time < %s AND %s AND %s AND %s AND %s AND %s AND %s
		ORDER BY c.start_time DESC, c.id DESC, b.start_time DESC NULLS LAST, b.id DESC LIMIT $%d`,
		d.Moment(before), Equals("c.origin", origin), Equals("b.origin", origin),
		is("c.git_repository_url", like.RepositoryURL), is("c.git_repository_branch", like.Branch),
		is("b.architecture", like.Architecture), is("b.config_name", like.ConfigName), limit), args
}
