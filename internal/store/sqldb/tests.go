// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/object"
)

// Outcomes returns what is needed of tests to sum them up.
func (s Store) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return stream(ctx, s.db, "outcomes", func(snapshot Snapshot, yield func(store.Outcome, error) bool) error {
		var next store.Outcome
		platformOf := s.platforms()
		l := OutcomesListing(s.db, builds)
		l.Rows.Read = func(_ *object.Set, r *columns.Reader) error {
			o, environment, err := columns.ReadOutcome(r)
			o.Platform = platformOf(environment)
			next = o
			return err
		}
		return newListingReader(snapshot, newSets(1, false, func(*object.Set, error) bool { return yield(next, nil) })).read(ctx, l)
	})
}

// Runs returns the tests of builds as lists show them.
func (s Store) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return stream(ctx, s.db, "runs", func(snapshot Snapshot, yield func(store.Run, error) bool) error {
		var next columns.Run
		l := RunsListing(s.db, builds, after)
		l.Rows.Read = func(_ *object.Set, r *columns.Reader) error {
			next = columns.Run{}
			return r.Read(&next)
		}
		return newListingReader(snapshot, newSets(1, false, func(*object.Set, error) bool { return yield(next.Run, nil) })).read(ctx, l)
	})
}

// OutcomesListing returns the tests of builds, by path and ID within a build.
func OutcomesListing(d Dialect, builds []string) *Listing {
	l := testsOf(d, builds, store.RunKey{})
	l.Rows.Columns = columns.OutcomeColumns
	l.Order = []Column{{Name: "coalesce(o.path, '')"}, {Name: "o.id"}}
	return l
}

// RunsListing returns the tests of builds behind a key, by path within a build.
func RunsListing(d Dialect, builds []string, after store.RunKey) *Listing {
	l := testsOf(d, builds, after)
	l.Rows.Columns = columns.Names(&columns.Run{})
	order, behind := d.Runs(d.Field(l.EachColumns, pathField), d.Field(l.EachColumns, idField))
	l.Order = []Column{{Name: order[0]}, {Name: order[1]}}
	if after.BuildID != "" {
		l.Where += " AND " + behind
	}
	return l
}

// testFields are the parameters for the tests of a build: its ID, and the path and the
// ID of the test behind which the list begins.
var testFields = Columns("n# build_id path id")

const buildField, pathField, idField = 1, 2, 3

func testsOf(d Dialect, builds []string, after store.RunKey) *Listing {
	l := &Listing{Rows: &Rowset{List: store.Tests}, EachColumns: testFields, Way: ByIndex,
		From: d.Tests() + " o", Where: "o.build_id = " + d.Field(testFields, buildField)}
	done := make(map[string]bool, len(builds))
	for _, build := range builds {
		if done[build] {
			continue
		}
		done[build] = true
		row := []any{int64(len(l.Each)), build, "", ""}
		if build == after.BuildID {
			row[pathField], row[idField] = after.Path, after.ID
		}
		l.Each = append(l.Each, row)
	}
	return l
}
