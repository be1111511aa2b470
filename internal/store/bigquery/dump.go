// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/report"
)

// Dump returns all objects that arrived within the bounds, each list in the order of the
// keys. The lists are of different moments.
func (s *Store) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	return s.stream(ctx, "dump", func(ctx context.Context, yield func(*report.Report, error) bool) error {
		into := collector{size: cmp.Or(max(opts.PerReport, 0), perReport), yield: yield}
		var damaged store.Unreadable
		for i := range tables {
			if err := s.dumpList(ctx, &tables[i], opts, &into, &damaged); err != nil || into.done {
				return err
			}
		}
		into.flush()
		if into.done {
			return nil
		}
		return damaged.Err()
	})
}

// dumpList adds the objects of a list.
func (s *Store) dumpList(ctx context.Context, t *columns.Table, opts store.DumpOptions, into *collector, damaged *store.Unreadable) error {
	if sumOf(ctx) != nil {
		return s.estimate(ctx, s.dumpQuery(t, opts))
	}
	_, err := s.merge(ctx, t, propertyColumns(t, nil), s.dumpQuery(t, opts), func(v *merging.Version) (bool, error) {
		reader := columns.Reader{Row: &merging.Values{Row: v.Row}, Metadata: opts.Metadata}
		if err := reader.Read(t.Add(into.report())); err != nil {
			t.DropLast(into.report())
			if !errors.Is(err, store.ErrCorrupt) {
				return false, err
			}
			damaged.Add(t.List, keyText(t, v.Row), err)
			return true, nil
		}
		return into.added(), nil
	})
	return err
}

// keyText returns the key of a row in words.
func keyText(t *columns.Table, row []any) string {
	k := merging.Key(t, row)
	if t.Keys == 2 {
		return fmt.Sprintf("%s, version %d", k.ID, k.Version)
	}
	return k.ID
}

// dumpQuery selects the rows of the objects of a list that arrived within bounds.
func (s *Store) dumpQuery(t *columns.Table, opts store.DumpOptions) query {
	q := s.allSQL(t, propertyColumns(t, nil))
	if opts.After.IsZero() && opts.Until.IsZero() {
		return q
	}
	q.sql = s.boundedSQL(t, !opts.After.IsZero(), !opts.Until.IsZero())
	add := func(name string, at time.Time) {
		if !at.IsZero() {
			q.params = append(q.params, bigquery.QueryParameter{Name: name, Value: floor(at)})
		}
	}
	add("after", opts.After)
	add("until", opts.Until)
	return q
}

// floor returns a time as parameters have it, in microseconds.
func floor(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// boundedSQL selects the rows of objects whose newest row is within bounds. All of these
// objects' rows are older than the upper bound, and at least one is newer than the lower.
func (s *Store) boundedSQL(t *columns.Table, after, until bool) string {
	inner, having, outer := "", "", ""
	if after {
		inner = " WHERE _timestamp > @after"
	}
	if until {
		having, outer = " HAVING MAX(_timestamp) <= @until", " WHERE _timestamp <= @until"
	}
	table, keys := s.table(rawTable(t.List)), keyColumns(t)
	return fmt.Sprintf("SELECT %s FROM %s JOIN (SELECT %s FROM %s%s GROUP BY %s%s) AS wanted USING (%s)%s ORDER BY %s",
		selection(t, propertyColumns(t, nil)), table, keys, table, inner, keys, having, keys, outer, keys)
}

// Time returns a time of the data set.
func (s *Store) Time(ctx context.Context, which store.Clock) (time.Time, error) {
	ctx, end := s.shortly(ctx)
	defer end()
	err := s.check(ctx)
	var t time.Time
	if err == nil {
		t, err = s.time(ctx, which)
	}
	return t, s.failure(ctx, "time", err)
}

func (s *Store) time(ctx context.Context, which store.Clock) (time.Time, error) {
	switch which {
	case store.Current:
		return s.moment(ctx, query{sql: "SELECT CURRENT_TIMESTAMP()"})
	case store.FirstModified:
		return s.moment(ctx, query{sql: s.firstSQL()})
	case store.LastModified:
		return s.moment(ctx, query{sql: s.lastSQL()})
	case store.Next:
		newest, err := s.newest(ctx)
		if err != nil {
			return time.Time{}, err
		}
		return s.after(newest), nil
	}
	return time.Time{}, fmt.Errorf("no such time: %q", which)
}

// moment returns the time that a query selects, the zero time for NULL.
func (s *Store) moment(ctx context.Context, q query) (time.Time, error) {
	for row, err := range s.rows(ctx, q) {
		if err != nil {
			return time.Time{}, err
		}
		t, _ := row[0].(time.Time)
		if t.IsZero() {
			return time.Time{}, nil
		}
		return t.UTC(), nil
	}
	return time.Time{}, nil
}

// firstSQL selects the oldest of the timestamps of objects.
func (s *Store) firstSQL() string {
	return s.extreme("MIN", func(t *columns.Table) string {
		return fmt.Sprintf("SELECT MIN(newest) AS t FROM (SELECT MAX(_timestamp) AS newest FROM %s GROUP BY %s)", s.table(rawTable(t.List)), keyColumns(t))
	})
}

// lastSQL selects the newest of the timestamps of objects.
func (s *Store) lastSQL() string {
	return s.extreme("MAX", func(t *columns.Table) string {
		return "SELECT MAX(_timestamp) AS t FROM " + s.table(rawTable(t.List))
	})
}

// newestSQL selects the newest of the timestamps between two times.
func (s *Store) newestSQL() string {
	return s.extreme("MAX", func(t *columns.Table) string {
		return "SELECT MAX(_timestamp) AS t FROM " + s.table(rawTable(t.List)) + " WHERE _timestamp > @from AND _timestamp <= @to"
	})
}

func (s *Store) extreme(function string, of func(*columns.Table) string) string {
	var all []string
	for i := range tables {
		all = append(all, of(&tables[i]))
	}
	return "SELECT " + function + "(t) FROM (" + strings.Join(all, " UNION ALL ") + ")"
}
