// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Match returns the objects that any of the patterns names.
func (s Store) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return stream(ctx, s.db, "match", func(snapshot Snapshot, yield func(*object.Set, error) bool) error {
		var listings []*Listing
		var all []Pages
		left := int64(opts.Most)
		for _, t := range object.Types() {
			q, ok := Ask(s.db, t, patterns)
			if !ok {
				continue
			}
			l := MatchListing(s.db, t, q)
			pages := snapshot.Pages(l)
			listings, all = append(listings, l), append(all, pages)
			if opts.Most <= 0 {
				continue
			}
			n, err := pages.Count(ctx, left+1)
			if err != nil {
				return err
			}
			if left -= n; left < 0 {
				return store.ErrTooMuch
			}
		}
		sets := newSets(opts.PerSet, opts.Metadata, yield)
		r := newListingReader(snapshot, sets)
		for i, pages := range all {
			if err := r.readPages(ctx, listings[i].Rows, pages, nil); err != nil || sets.done {
				return err
			}
		}
		sets.flush()
		return nil
	})
}

// matchRows are the rows of the objects of each type. Groups have no table: the columns
// are those of their members.
var matchRows = map[object.Type]*Rowset{
	object.TypeRevision:     groups(store.Checkouts, func(s *object.Set) *[]object.Revision { return &s.Revisions }),
	object.TypeCheckout:     rowsOf(store.Checkouts),
	object.TypeBuild:        rowsOf(store.Builds),
	object.TypeTest:         rowsOf(store.Tests),
	object.TypeIssue:        groups(store.Issues, func(s *object.Set) *[]object.Issue { return &s.Issues }),
	object.TypeIssueVersion: rowsOf(store.Issues),
	object.TypeIncident:     rowsOf(store.Incidents),
}

func rowsOf(list store.List) *Rowset { return new(rowsetOf(columns.Of(list))) }

func groups[T any, P interface {
	*T
	report.Object
}](list store.List, of func(*object.Set) *[]T) *Rowset {
	return &Rowset{List: list, Columns: columns.Names(P(new(T))), Read: func(s *object.Set, r *columns.Reader) error {
		all := of(s)
		*all = append(*all, *new(T))
		return r.Read(P(&(*all)[len(*all)-1]))
	}}
}

// MatchListing returns the objects of a question about a type, in the order of the keys.
func MatchListing(d Dialect, t object.Type, q Question) *Listing {
	l := &Listing{Rows: matchRows[t], From: "(" + q.Keys + ") k", Args: q.Args, Way: InOrder}
	if q.Few {
		l.Way = ByIndex
	}
	switch {
	case t == object.TypeRevision:
		l.Values = []string{"k.git_commit_hash", "k.patchset_hash", firstOf(d, "git_commit_name"), firstOf(d, "patchset_files")}
		l.Order = []Column{{Name: "k.git_commit_hash"}, {Name: "k.patchset_hash"}}
		return l
	case t == object.TypeIssue:
		l.Values = []string{"k.id", "(SELECT o.origin FROM issues o WHERE o.id = k.id ORDER BY o.version DESC LIMIT 1)"}
		l.Order = []Column{{Name: "k.id"}}
		return l
	case q.Where == "":
		l.From += " CROSS JOIN " + q.Table + " o"
		l.Where = "o.id = k.id"
		if len(q.Key) == 2 {
			l.Where += " AND o.version = k.version"
		}
	default:
		l.From, l.Where = q.Table+" o", q.Where
	}
	for i, key := range q.Key {
		if i == 0 && q.Few {
			// No index has this order, so the engine walks no index to find a few rows.
			key += " || ''"
		}
		l.Order = append(l.Order, Column{Name: key})
	}
	return l
}

// firstOf selects the first value of a column among the checkouts of a revision. An
// engine without statistics would read all checkouts in the order of their times.
func firstOf(d Dialect, column string) string {
	return fmt.Sprintf(`(SELECT o.%s FROM checkouts o WHERE o.git_commit_hash = k.git_commit_hash AND %s = k.patchset_hash
		AND o.%[1]s IS NOT NULL ORDER BY %s, o.id LIMIT 1)`, column, d.Patchset("o"), d.Unsearched("o._timestamp"))
}
