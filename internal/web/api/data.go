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

// data reads the answers from the store.
type data struct{ Config }

// answers returns the answers of the database.
func (d *data) answers() *answers.DB {
	return answers.Of(d.Store)
}

// query returns the objects of a query as one report. Use it for small results only.
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

// checkoutsByID returns the checkouts that exist.
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

// latestStart returns the latest start of a checkout that counts, in microseconds since
// 1970: tomorrow. Clocks of origins may be ahead of ours, but not by years.
func (d *data) latestStart() int64 { return d.Now().AddDate(0, 0, 1).UnixMicro() }

// branchKey identifies a branch of a tree, as checkouts of any origin have it.
type branchKey struct{ tree, repository, branch string }

// branchKey returns the key of a branch, from the properties of a checkout.
func (d *data) branchKey(tree, repositoryURL, branch string) branchKey {
	return branchKey{d.Trees.TreeName(tree, repositoryURL), facts.RepositoryKey(repositoryURL), branch}
}

// treeKey identifies a tree: a branch as one origin checks it out.
type treeKey struct {
	origin string
	branchKey
}

// treeKey returns the key of the tree of a checkout.
func (d *data) treeKey(r *answers.Revision) treeKey {
	return treeKey{r.Origin, d.branchKey(r.TreeName, r.RepositoryURL, r.Branch)}
}

// treeName returns the name of the tree of a checkout, nil if it has none.
func (d *data) treeName(c *report.Checkout) *string {
	return optional(d.Trees.TreeName(text(c.TreeName), text(c.GitRepositoryURL)))
}

// isOfTree reports whether a checkout is of a tree, by the name from the origin or from
// the configuration; "" is any tree.
func (d *data) isOfTree(r *answers.Revision, tree string) bool {
	return tree == "" || tree == r.TreeName || tree == d.Trees.TreeName(r.TreeName, r.RepositoryURL)
}

// daysAgo returns the days after the day that was start days ago, up to the day that
// was end days ago.
func (d *data) daysAgo(start, end int) answers.Days {
	today := rollup.DayOf(d.Now())
	return answers.Days{First: max(today-int64(start)+1, 0), Last: today - int64(end)}
}
