// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Query finds the identities of the objects asked for, and then reads each list in the
// order of the IDs.
func (s *snapshot) Query(ctx context.Context, q *store.Query, sets *sqldb.Sets) error {
	w := newWanted(q)
	if err := w.find(ctx, s.view, q); err != nil {
		return err
	}
	p := s.pagesInto(sets)
	builds := w.testsOf(q)
	for _, list := range []struct {
		table *table
		asked int // by how many keys
		where string
		args  []any
	}{
		{&tables[0], len(w.checkouts), "id = ANY($1)", []any{w.checkouts.sorted()}},
		{&tables[1], len(w.builds), "id = ANY($1)", []any{w.builds.sorted()}},
		{&tables[2], len(w.tests) + len(builds), "id = ANY($1) OR build_id = ANY($2)", []any{w.tests.sorted(), builds}},
		{&tables[3], len(w.issues), "(id, version) IN (SELECT * FROM unnest($1::text[], $2::int[]))", w.issueArgs()},
		{&tables[4], len(w.incidents), "id = ANY($1)", []any{w.incidents.sorted()}},
	} {
		if list.asked == 0 {
			continue
		}
		more, err := p.read(ctx, list.table, "SELECT "+list.table.columnList()+" FROM "+list.table.name+" o WHERE "+
			list.where+" ORDER BY "+list.table.keyList(), list.args...)
		if !more {
			return s.broken(ctx, err)
		}
	}
	return nil
}

// ids is a set of IDs of objects. The objects may be missing: the tests of a missing
// build are its children all the same.
type ids map[string]bool

func (s ids) add(list []string) {
	for _, id := range list {
		s[id] = true
	}
}

// sorted returns the IDs. For no IDs it returns an empty list, because nil would be NULL.
func (s ids) sorted() []string { return append([]string{}, slices.Sorted(maps.Keys(s))...) }

// wanted has the identities of the objects of a query. It has no tests below builds,
// because these may be very many: their builds identify them.
type wanted struct {
	checkouts, builds, tests, incidents ids
	issues                              map[store.Key]bool
}

func newWanted(q *store.Query) *wanted {
	w := &wanted{ids{}, ids{}, ids{}, ids{}, map[store.Key]bool{}}
	w.checkouts.add(q.Checkouts)
	w.builds.add(q.Builds)
	w.tests.add(q.Tests)
	w.incidents.add(q.Incidents)
	for _, key := range q.Issues {
		w.issues[key] = true
	}
	return w
}

// testsOf returns the builds whose tests are all asked for.
func (w *wanted) testsOf(q *store.Query) []string {
	if !q.Children {
		return []string{}
	}
	return w.builds.sorted()
}

// issueArgs returns the IDs and the versions of the issues.
func (w *wanted) issueArgs() []any {
	names, versions := []string{}, []int{}
	for key := range w.issues {
		names = append(names, key.ID)
		versions = append(versions, key.Version)
	}
	return []any{names, versions}
}

// find adds ancestors and descendants.
func (w *wanted) find(ctx context.Context, v *view, q *store.Query) error {
	ctx, cancel := v.store.statementContext(ctx)
	defer cancel()
	if q.Parents {
		if err := w.addParents(ctx, v.tx); err != nil {
			return err
		}
	}
	if q.Children {
		return w.addChildren(ctx, v.tx, q)
	}
	return nil
}

func (w *wanted) addParents(ctx context.Context, tx pgx.Tx) error {
	var build, test, issue *string
	var version int
	err := forEachRow(ctx, tx, "SELECT build_id, test_id, issue_id, issue_version FROM incidents WHERE id = ANY($1)",
		[]any{w.incidents.sorted()}, []any{&build, &test, &issue, &version}, func() {
			if build != nil {
				w.builds[*build] = true
			}
			if test != nil {
				w.tests[*test] = true
			}
			w.issues[store.Key{ID: *issue, Version: version}] = true
		})
	if err != nil {
		return err
	}
	var id string
	err = forEachRow(ctx, tx, "SELECT build_id FROM test_rows WHERE id = ANY($1)", []any{w.tests.sorted()}, []any{&id}, func() { w.builds[id] = true })
	if err != nil {
		return err
	}
	return forEachRow(ctx, tx, "SELECT checkout_id FROM builds WHERE id = ANY($1)", []any{w.builds.sorted()}, []any{&id}, func() { w.checkouts[id] = true })
}

func (w *wanted) addChildren(ctx context.Context, tx pgx.Tx, q *store.Query) error {
	var id string
	err := forEachRow(ctx, tx, "SELECT id FROM builds WHERE checkout_id = ANY($1)", []any{w.checkouts.sorted()}, []any{&id}, func() { w.builds[id] = true })
	if err != nil {
		return err
	}
	return forEachRow(ctx, tx, `SELECT id FROM incidents WHERE build_id = ANY($1)
		UNION ALL SELECT id FROM incidents WHERE test_id = ANY($2)
		UNION ALL SELECT i.id FROM test_rows t JOIN incidents i ON i.test_id = t.id WHERE t.build_id = ANY($1)
		UNION ALL SELECT id FROM incidents WHERE (issue_id, issue_version) IN (SELECT * FROM unnest($3::text[], $4::int[]))`,
		append([]any{w.builds.sorted(), w.tests.sorted()}, w.issueArgs()...), []any{&id}, func() { w.incidents[id] = true })
}

// forEachRow calls f for each row of a query, after scanning the row into the pointers.
func forEachRow(ctx context.Context, tx pgx.Tx, query string, args, into []any, f func()) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		f()
		return nil
	})
	return err
}
