// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// data is what questions are answered from.
type data struct{ Config }

// answers returns the answers of the database.
func (d *data) answers() *answers.DB {
	return answers.Of(d.Store)
}

// objects returns what a query finds, which is little.
func (d *data) query(ctx context.Context, q store.Query) (*report.Report, error) {
	all := &report.Report{}
	for part, err := range d.Store.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		all.Append(part)
	}
	return all, nil
}

// checkoutsByID returns checkouts, without those that are not there.
func (d *data) checkoutsByID(ctx context.Context, ids []string) (map[string]*report.Checkout, error) {
	all := make(map[string]*report.Checkout, len(ids))
	for r, err := range d.Store.Query(ctx, store.Query{Checkouts: ids}) {
		if err != nil {
			return nil, err
		}
		for i := range r.Checkouts {
			all[r.Checkouts[i].ID] = &r.Checkouts[i]
		}
	}
	return all, nil
}

// buildsByID returns the builds that exist.
func (d *data) buildsByID(ctx context.Context, ids []string) (map[string]*report.Build, error) {
	all := make(map[string]*report.Build, len(ids))
	for r, err := range d.Store.Query(ctx, store.Query{Builds: ids}) {
		if err != nil {
			return nil, err
		}
		for i := range r.Builds {
			all[r.Builds[i].ID] = &r.Builds[i]
		}
	}
	return all, nil
}

// tomorrow is until when checkouts count, in microseconds since 1970: the clocks of
// those who check out may be ahead of ours, but not by years.
func (d *data) tomorrow() int64 { return d.Now().AddDate(0, 0, 1).UnixMicro() }

// treeKey is what checkouts of the same tree have in common.
type treeKey struct{ origin, name, repository, branch string }

// treeKey returns that of a checkout.
func (d *data) treeKey(r *answers.Revision) treeKey {
	return treeKey{r.Origin, d.Trees.TreeName(r.TreeName, r.RepositoryURL), facts.RepositoryKey(r.RepositoryURL), r.Branch}
}

// treeOf returns the name of the tree that a checkout is of.
func (d *data) treeName(c *report.Checkout) *string {
	return optional(d.Trees.TreeName(text(c.TreeName), text(c.GitRepositoryURL)))
}

// isOf tells whether a checkout is of a tree: as it says itself, or as people know it.
func (d *data) isOfTree(r *answers.Revision, tree string) bool {
	return tree == "" || tree == r.TreeName || tree == d.Trees.TreeName(r.TreeName, r.RepositoryURL)
}

// daysAgo returns the days after the one that was so many days ago, up to another.
func (d *data) daysAgo(start, end int) answers.Days {
	today := rollup.DayOf(d.Now())
	return answers.Days{First: max(today-int64(start)+1, 0), Last: today - int64(end)}
}
