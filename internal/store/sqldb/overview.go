// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Overview returns what the front page shows of the database.
func (s Store) Overview(ctx context.Context, latest int) (store.Overview, error) {
	var o store.Overview
	err := s.db.View(ctx, func(ctx context.Context, tx Tx) (err error) {
		if o.Objects, err = countObjects(ctx, tx); err != nil {
			return err
		}
		if o.Latest, err = latestCheckouts(ctx, tx, s.db, latest); err != nil {
			return err
		}
		return addResults(ctx, tx, s.db, o.Latest)
	})
	return o, s.db.Failure(ctx, "overview", err)
}

// countObjects returns the number of objects of each list, as the roll-ups have it.
func countObjects(ctx context.Context, tx Tx) (map[store.List]int64, error) {
	all := make(map[store.List]int64)
	for _, list := range store.Lists {
		all[list] = 0
	}
	var list store.List
	var n int64
	err := Read(ctx, tx, "SELECT list, CAST(sum(n) AS bigint) FROM object_counts GROUP BY list", nil, []any{&list, &n},
		func() error { all[list] = n; return nil })
	return all, err
}

// latestCheckouts returns the checkouts that arrived last, the newest start first,
// without results.
func latestCheckouts(ctx context.Context, tx Tx, d Dialect, most int) (all []store.CheckoutResults, err error) {
	var c store.CheckoutResults
	var start int64
	err = Read(ctx, tx, `
		SELECT id, origin, coalesce(tree_name, ''), coalesce(git_repository_branch, ''),
			coalesce(git_commit_hash, ''), coalesce(git_commit_name, ''), `+d.Micros("start_time")+`
		FROM checkouts ORDER BY _timestamp DESC, id DESC LIMIT $1`, []any{most},
		[]any{&c.ID, &c.Origin, &c.TreeName, &c.Branch, &c.CommitHash, &c.CommitName, &start}, func() error {
			c.Start, c.Builds, c.Tests = Time(start), store.Results{}, store.Results{}
			all = append(all, c)
			return nil
		})
	slices.SortStableFunc(all, func(a, b store.CheckoutResults) int { return b.Start.Compare(a.Start) })
	return all, err
}

// addResults adds the results of the checkouts' builds and tests, which the roll-ups
// count.
func addResults(ctx context.Context, tx Tx, d Dialect, checkouts []store.CheckoutResults) error {
	var ids []string
	byID := make(map[string]*store.CheckoutResults)
	for i := range checkouts {
		ids = append(ids, checkouts[i].ID)
		byID[checkouts[i].ID] = &checkouts[i]
	}
	var id, kind string
	var status report.Status
	var n int64
	return Read(ctx, tx, "SELECT checkout_id, kind, status, n FROM checkout_counts WHERE "+d.In("checkout_id", 1), []any{d.List(ids)},
		[]any{&id, &kind, &status, &n}, func() error {
			results := byID[id].Tests // boots are tests
			if kind == "build" {
				results = byID[id].Builds
			}
			results[status] += n
			return nil
		})
}
