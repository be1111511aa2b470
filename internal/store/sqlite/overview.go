// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// Overview tells at a glance what is in the database.
func (s *Store) Overview(ctx context.Context, latest int) (store.Overview, error) {
	v, err := s.view(ctx)
	if err != nil {
		return store.Overview{}, s.failure(ctx, "overview", err)
	}
	defer v.close()
	o := store.Overview{Objects: make(map[store.List]int64)}
	err = v.do(ctx, func(t *sql.Tx) error {
		counts, err := s.Rollups().Objects(ctx, sqlTx{t})
		if err != nil {
			return err
		}
		for _, list := range store.Lists {
			o.Objects[list] = counts[string(list)]
		}
		o.Latest, err = latestCheckouts(ctx, t, latest)
		if err != nil {
			return err
		}
		return addResults(ctx, t, o.Latest)
	})
	return o, s.failure(ctx, "overview", err)
}

// latestCheckouts returns the checkouts that arrived last, without results.
func latestCheckouts(ctx context.Context, tx *sql.Tx, most int) ([]store.CheckoutResults, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, origin, coalesce(tree_name, ''), coalesce(git_repository_branch, ''),
		coalesce(git_commit_hash, ''), coalesce(git_commit_name, ''), start_time
		FROM checkouts ORDER BY _timestamp DESC, rowid DESC LIMIT ?`, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []store.CheckoutResults
	for rows.Next() {
		c := store.CheckoutResults{Builds: store.Results{}, Tests: store.Results{}}
		var start sql.NullInt64
		if err := rows.Scan(&c.ID, &c.Origin, &c.TreeName, &c.Branch, &c.CommitHash, &c.CommitName, &start); err != nil {
			return nil, err
		}
		if start.Valid {
			c.Start = time.UnixMicro(start.Int64).UTC()
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b store.CheckoutResults) int { return b.Start.Compare(a.Start) })
	return all, rows.Err()
}

// addResults adds the results of the checkouts' builds and tests, as they are counted.
func addResults(ctx context.Context, tx *sql.Tx, checkouts []store.CheckoutResults) error {
	if len(checkouts) == 0 {
		return nil
	}
	byID := make(map[any]*store.CheckoutResults)
	var ids []any
	for i := range checkouts {
		ids = append(ids, checkouts[i].ID)
		byID[checkouts[i].ID] = &checkouts[i]
	}
	rows, err := tx.QueryContext(ctx, "SELECT checkout_id, kind, status, n FROM checkout_counts WHERE checkout_id IN (?"+
		strings.Repeat(", ?", len(ids)-1)+")", ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var kind rollup.Kind
		var status report.Status
		var n int64
		if err := rows.Scan(&id, &kind, &status, &n); err != nil {
			return err
		}
		results := byID[id].Tests // boots are tests
		if kind == rollup.Builds {
			results = byID[id].Builds
		}
		results[status] += n
	}
	return rows.Err()
}
