// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Query finds the identities of the objects asked for, and then reads each list in the
// order of the IDs.
func (s Store) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return stream(ctx, s.db, "query", func(snapshot Snapshot, yield func(*report.Report, error) bool) error {
		if q.Empty() {
			return nil
		}
		w := newWanted(s.db, &q)
		if err := snapshot.View(ctx, func(ctx context.Context, tx Tx) error { return w.find(ctx, tx, &q) }); err != nil {
			return err
		}
		sets := newSets(q.PerReport, q.Metadata, reports(yield))
		r := newListingReader(snapshot, sets)
		for _, l := range w.listings(&q) {
			if err := r.read(ctx, l); err != nil || sets.done {
				return err
			}
		}
		sets.flush()
		return nil
	})
}

// ids is a set of IDs of objects. The objects may be missing: the tests of a missing
// build are its children all the same.
type ids map[string]bool

// add adds those of the IDs that objects may have.
func (s ids) add(list []string) {
	for _, id := range list {
		if isText(id) {
			s[id] = true
		}
	}
}

// sorted returns the IDs. For no IDs it returns an empty list, because nil would be NULL.
func (s ids) sorted() []string { return append([]string{}, slices.Sorted(maps.Keys(s))...) }

// wanted has the identities of the objects of a query. It has no tests below builds,
// because these may be very many: their builds identify them.
type wanted struct {
	dialect                             Dialect
	checkouts, builds, tests, incidents ids
	issues                              map[store.Key]bool
}

func newWanted(d Dialect, q *store.Query) *wanted {
	w := &wanted{d, ids{}, ids{}, ids{}, ids{}, map[store.Key]bool{}}
	w.checkouts.add(q.Checkouts)
	w.builds.add(q.Builds)
	w.tests.add(q.Tests)
	w.incidents.add(q.Incidents)
	for _, key := range q.Issues {
		w.issues[key] = true
	}
	return w
}

// listings returns the objects of each list that has any.
func (w *wanted) listings(q *store.Query) (all []*Listing) {
	add := func(t object.Type, asked int, where string, args ...any) {
		if asked == 0 {
			return
		}
		l := &Listing{Rows: matchRows[t], From: typeTable(w.dialect, t) + " o", Where: where, Args: args}
		for _, key := range keyColumns(w.dialect, relations[t].key, "o") {
			l.Order = append(l.Order, Column{Name: key})
		}
		all = append(all, l)
	}
	byID := w.dialect.In("o.id", 1)
	add(object.TypeCheckout, len(w.checkouts), byID, w.list(w.checkouts))
	add(object.TypeBuild, len(w.builds), byID, w.list(w.builds))
	parents := ids{} // the builds whose tests are all asked for
	if q.Children {
		parents = w.builds
	}
	add(object.TypeTest, len(w.tests)+len(parents), byID+" OR "+w.dialect.In("o.build_id", 2), w.list(w.tests), w.list(parents))
	add(object.TypeIssueVersion, len(w.issues), w.inIssues("o.id", "o.version", 1), w.issueArgs()...)
	add(object.TypeIncident, len(w.incidents), byID, w.list(w.incidents))
	return all
}

// list returns IDs as a parameter.
func (w *wanted) list(s ids) any { return w.dialect.List(s.sorted()) }

// inIssues returns the condition that columns identify one of the issues, which are the
// parameters from number n.
func (w *wanted) inIssues(id, version string, n int) string {
	return w.dialect.InIDs(object.TypeIssueVersion, []string{id, version}, n)
}

// issueArgs returns the issues as parameters.
func (w *wanted) issueArgs() []any {
	var all []object.ID
	for key := range w.issues {
		all = append(all, object.ID{key.ID, strconv.Itoa(key.Version)})
	}
	return w.dialect.IDs(object.TypeIssueVersion, possibleIDs(object.TypeIssueVersion, all))
}

// find adds ancestors and descendants.
func (w *wanted) find(ctx context.Context, tx Tx, q *store.Query) error {
	if q.Parents {
		if err := w.addParents(ctx, tx); err != nil {
			return err
		}
	}
	if q.Children {
		return w.addChildren(ctx, tx)
	}
	return nil
}

func (w *wanted) addParents(ctx context.Context, tx Tx) error {
	byID := " WHERE " + w.dialect.In("o.id", 1)
	var build, test *string
	var issue store.Key
	err := Read(ctx, tx, "SELECT o.build_id, o.test_id, o.issue_id, o.issue_version FROM incidents o"+byID,
		[]any{w.list(w.incidents)}, []any{&build, &test, &issue.ID, &issue.Version}, func() error {
			if build != nil {
				w.builds[*build] = true
			}
			if test != nil {
				w.tests[*test] = true
			}
			w.issues[issue] = true
			return nil
		})
	if err != nil {
		return err
	}
	if err := w.addIDs(ctx, tx, w.builds, "SELECT o.build_id FROM "+w.dialect.Tests()+" o"+byID, w.list(w.tests)); err != nil {
		return err
	}
	return w.addIDs(ctx, tx, w.checkouts, "SELECT o.checkout_id FROM builds o"+byID, w.list(w.builds))
}

func (w *wanted) addChildren(ctx context.Context, tx Tx) error {
	d := w.dialect
	if err := w.addIDs(ctx, tx, w.builds, "SELECT o.id FROM builds o WHERE "+d.In("o.checkout_id", 1), w.list(w.checkouts)); err != nil {
		return err
	}
	query := fmt.Sprintf(`SELECT o.id FROM incidents o WHERE %s
		UNION ALL SELECT o.id FROM incidents o WHERE %s
		UNION ALL SELECT o.id FROM %s t CROSS JOIN incidents o WHERE o.test_id = t.id AND %s
		UNION ALL SELECT o.id FROM incidents o WHERE %s`,
		d.In("o.build_id", 1), d.In("o.test_id", 2), d.Tests(), d.In("t.build_id", 1), w.inIssues("o.issue_id", "o.issue_version", 3))
	return w.addIDs(ctx, tx, w.incidents, query, append([]any{w.list(w.builds), w.list(w.tests)}, w.issueArgs()...)...)
}

// addIDs adds the IDs that a query returns to a set.
func (w *wanted) addIDs(ctx context.Context, tx Tx, to ids, query string, args ...any) error {
	var id string
	return Read(ctx, tx, query, args, []any{&id}, func() error {
		to[id] = true
		return nil
	})
}
