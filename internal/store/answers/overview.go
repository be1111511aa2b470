// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Overview has the contents of the front page.
type Overview struct {
	Objects map[store.List]int64
	Latest  []CheckoutResults
}

// CheckoutResults is a checkout and the numbers of its builds and tests by their status,
// "" for those without a status. A missing text is "", and a missing start is the zero
// time.
type CheckoutResults struct {
	ID, Origin                               string
	TreeName, Branch, CommitHash, CommitName string
	Start                                    time.Time
	Builds, Tests                            map[report.Status]int64 // boots are tests
}

// Overview returns the numbers of objects, and the checkouts that arrived last: at most
// latest of them, the newest start first. All numbers are counted already.
func (db *DB) Overview(ctx context.Context, latest int) (Overview, error) {
	o := Overview{Objects: make(map[store.List]int64)}
	err := db.view(ctx, "overview", func(ctx context.Context, tx sqldb.Tx) error {
		counts, err := rollup.Objects(ctx, tx)
		if err != nil {
			return err
		}
		for _, list := range store.Lists {
			o.Objects[list] = counts[string(list)]
		}
		o.Latest, err = db.latestCheckouts(ctx, tx, latest)
		return err
	})
	return o, err
}

func (db *DB) latestCheckouts(ctx context.Context, tx sqldb.Tx, limit int) ([]CheckoutResults, error) {
	arrived, err := db.selectRevisions(ctx, tx, "FROM checkouts c ORDER BY c._timestamp DESC, c.id DESC LIMIT $1", limit)
	if err != nil {
		return nil, err
	}
	// Checkouts with the same start stay in the order of their arrival.
	slices.SortStableFunc(arrived, func(a, b Revision) int { return cmp.Compare(b.Start, a.Start) })
	all := make([]CheckoutResults, len(arrived))
	counts := make(map[string]CountsByKind, len(arrived))
	ids := make([]string, len(arrived))
	for i, r := range arrived {
		all[i] = CheckoutResults{
			ID: r.CheckoutID, Origin: r.Origin, TreeName: r.TreeName, Branch: r.Branch, CommitHash: r.CommitHash, CommitName: r.CommitName,
			Start: sqldb.Time(r.Start), Builds: make(map[report.Status]int64), Tests: make(map[report.Status]int64),
		}
		ids[i] = r.CheckoutID
		counts[r.CheckoutID] = make(CountsByKind)
	}
	err = db.addCheckoutCounts(ctx, tx, ids, func(id string) CountsByKind { return counts[id] })
	for i := range all {
		for kind, byStatus := range counts[all[i].ID] {
			into := all[i].Tests
			if kind == rollup.Builds {
				into = all[i].Builds
			}
			for status, n := range byStatus {
				into[status] += n
			}
		}
	}
	return all, err
}
