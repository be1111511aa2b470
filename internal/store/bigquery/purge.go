// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/civil"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// Purge removes the rows of the objects that arrived before a time, day by day: a whole
// partition if no object of the day stays, which costs nothing, and rows otherwise. An
// object that has a newer row stays with all its rows. BigQuery refuses to remove rows
// that came less than some 90 minutes ago.
func (s *Store) Purge(ctx context.Context, opts store.PurgeOptions) error {
	ctx, end := s.during(ctx)
	defer end()
	err := s.check(ctx)
	if err == nil && !opts.Before.IsZero() {
		err = s.purge(ctx, opts)
	}
	return s.failure(ctx, "purge", err)
}

func (s *Store) purge(ctx context.Context, opts store.PurgeOptions) error {
	before := []bigquery.QueryParameter{parameter("before", ceil(opts.Before))}
	for i := range tables {
		t := &tables[i]
		if opts.KeepIncidents && t.List == store.Incidents {
			continue
		}
		keep := s.keptSQL(t, opts.KeepIncidents)
		days, err := s.oldDays(ctx, query{s.oldDaysSQL(t, keep), before})
		if err != nil {
			return err
		}
		if err := s.purgeDays(ctx, t, days, keep, opts, before); err != nil {
			return err
		}
	}
	return nil
}

// ceil returns a time as parameters have it, rounded up: an object is older than a time
// if it is older than the next microsecond.
func ceil(t time.Time) time.Time {
	if whole := floor(t); !whole.Equal(t) {
		return whole.Add(time.Microsecond)
	}
	return t.UTC()
}

// oldDay is a day with rows older than the time of a purge.
type oldDay struct {
	day       civil.Date
	rows      int64 // that are older
	staying   int64 // of these
	untouched bool  // all rows of the day are older
}

// oldDays returns the days of a list, the oldest first.
func (s *Store) oldDays(ctx context.Context, q query) (all []oldDay, err error) {
	for row, err := range s.rows(ctx, q) {
		if err != nil {
			return nil, err
		}
		all = append(all, oldDay{row[0].(civil.Date), row[1].(int64), row[2].(int64), row[3].(bool)})
	}
	return all, nil
}

// purgeDays removes the rows of days, and what the index has of days without rows.
func (s *Store) purgeDays(ctx context.Context, t *columns.Table, days []oldDay, keep string, opts store.PurgeOptions, before []bigquery.QueryParameter) error {
	var total, done int64
	for _, d := range days {
		total += d.rows - d.staying
	}
	tell := func() { opts.Progress.Report(string(t.List)+" removed", done, total) }
	tell()
	var gone []civil.Date
	for _, d := range days {
		q := query{s.purgeSQL(t, d.day, keep), before}
		whole := d.staying == 0 && d.untouched
		switch {
		case d.rows == d.staying:
			continue
		case whole:
			q = query{sql: s.dropSQL(t, d.day)}
		}
		if err := s.run(ctx, q); err != nil {
			return err
		}
		if whole {
			gone = append(gone, d.day)
		}
		done += d.rows - d.staying
		tell()
	}
	if len(gone) == 0 {
		return nil
	}
	return s.run(ctx, query{s.purgeIndexSQL(), []bigquery.QueryParameter{parameter("list", string(t.List)+"."), parameter("days", gone)}})
}

// key is the key of a row as one value.
func key(t *columns.Table) string {
	if t.Keys == 2 {
		return "CONCAT(id, ' ', CAST(version AS STRING))"
	}
	return "id"
}

// keptSQL is true for rows that a purge keeps though they are old.
func (s *Store) keptSQL(t *columns.Table, keepIncidents bool) string {
	kept := fmt.Sprintf("%s IN (SELECT %[1]s FROM %s WHERE _timestamp >= @before)", key(t), s.table(rawTable(t.List)))
	if keepIncidents {
		kept += " OR " + s.tiedSQL(t.List)
	}
	return "(" + kept + ")"
}

// tiedSQL is true for rows of objects that an incident is tied to, or that these stem
// from.
func (s *Store) tiedSQL(list store.List) string {
	incidents := func(column string) string {
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %[1]s IS NOT NULL)", column, s.table(string(store.Incidents)))
	}
	builds := fmt.Sprintf("id IN %s OR id IN (SELECT build_id FROM %s WHERE id IN %s)",
		incidents("build_id"), s.table(string(store.Tests)), incidents("test_id"))
	switch list {
	case store.Issues:
		return key(tableOf(list)) + " IN " + fmt.Sprintf("(SELECT CONCAT(issue_id, ' ', CAST(issue_version AS STRING)) FROM %s)", s.table(string(store.Incidents)))
	case store.Tests:
		return "id IN " + incidents("test_id")
	case store.Builds:
		return builds
	}
	return fmt.Sprintf("id IN (SELECT checkout_id FROM %s WHERE %s)", s.table(string(store.Builds)), builds)
}

// oldDaysSQL selects the days with old rows.
func (s *Store) oldDaysSQL(t *columns.Table, keep string) string {
	return fmt.Sprintf(`SELECT day, COUNT(*), COUNTIF(kept), TIMESTAMP_ADD(TIMESTAMP(day), INTERVAL 1 DAY) <= @before
FROM (SELECT DATE(_timestamp) AS day, %s AS kept FROM %s WHERE _timestamp < @before) GROUP BY day ORDER BY day`, keep, s.table(rawTable(t.List)))
}

// purgeSQL removes the old rows of a day that do not stay.
func (s *Store) purgeSQL(t *columns.Table, day civil.Date, keep string) string {
	return fmt.Sprintf("%s AND _timestamp < @before AND NOT %s", s.dropSQL(t, day), keep)
}

// dropSQL removes a partition.
func (s *Store) dropSQL(t *columns.Table, day civil.Date) string {
	return fmt.Sprintf("DELETE FROM %s WHERE TIMESTAMP_TRUNC(_timestamp, DAY) = TIMESTAMP '%s'", s.table(rawTable(t.List)), day)
}

// purgeIndexSQL removes what the index has of the days of a list.
func (s *Store) purgeIndexSQL() string {
	return strings.Join([]string{"DELETE FROM", s.table(indexTable), "WHERE STARTS_WITH(relation, @list) AND day IN UNNEST(@days)"}, " ")
}
