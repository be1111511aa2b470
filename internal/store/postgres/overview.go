// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// Overview tells at a glance what is in the database.
func (s *Store) Overview(ctx context.Context, latest int) (store.Overview, error) {
	o, err := s.overview(ctx, latest)
	return o, s.failure(ctx, "overview", err)
}

func (s *Store) overview(ctx context.Context, latest int) (o store.Overview, err error) {
	v, err := s.view(ctx)
	if err != nil {
		return o, err
	}
	defer v.close()
	ctx, cancel := s.patient(ctx)
	defer cancel()
	o.Objects = make(map[store.List]int64)
	counts, err := s.Rollups().Objects(ctx, sqlTx{s, v.tx})
	if err != nil {
		return o, err
	}
	for _, list := range store.Lists {
		o.Objects[list] = counts[string(list)]
	}
	if o.Latest, err = latestCheckouts(ctx, v.tx, latest); err != nil {
		return o, err
	}
	return o, addResults(ctx, v.tx, o.Latest)
}

// latestCheckouts returns the checkouts that arrived last, without results.
func latestCheckouts(ctx context.Context, tx pgx.Tx, most int) (all []store.CheckoutResults, err error) {
	var c store.CheckoutResults
	var start *time.Time
	err = each(ctx, tx, `SELECT id, origin, coalesce(tree_name, ''), coalesce(git_repository_branch, ''),
		coalesce(git_commit_hash, ''), coalesce(git_commit_name, ''), start_time
		FROM checkouts ORDER BY _timestamp DESC, id DESC LIMIT $1`, []any{most},
		[]any{&c.ID, &c.Origin, &c.TreeName, &c.Branch, &c.CommitHash, &c.CommitName, &start}, func() {
			c.Start = time.Time{}
			if start != nil {
				c.Start = start.UTC()
			}
			c.Builds, c.Tests = store.Results{}, store.Results{}
			all = append(all, c)
		})
	slices.SortStableFunc(all, func(a, b store.CheckoutResults) int { return b.Start.Compare(a.Start) })
	return all, err
}

// addResults adds the results of the checkouts' builds and tests, as they are
// counted.
func addResults(ctx context.Context, tx pgx.Tx, checkouts []store.CheckoutResults) error {
	names := []string{}
	byID := make(map[string]*store.CheckoutResults)
	for i := range checkouts {
		names = append(names, checkouts[i].ID)
		byID[checkouts[i].ID] = &checkouts[i]
	}
	var id, kind, status string
	var n int64
	return each(ctx, tx, "SELECT checkout_id, kind, status, n FROM checkout_counts WHERE checkout_id = ANY($1)", []any{names},
		[]any{&id, &kind, &status, &n}, func() {
			results := byID[id].Tests // boots are tests
			if rollup.Kind(kind) == rollup.Builds {
				results = byID[id].Builds
			}
			results[report.Status(status)] += n
		})
}
