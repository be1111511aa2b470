// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/report"
)

// perReport is the number of objects in a report if the caller asks for none.
const perReport = 1000

// read merges the rows that a query returns, object by object, and yields reports of the
// objects. It reports whether the caller wants more. The query selects some columns in the
// order of the keys, see selection.
func (s *Store) read(ctx context.Context, t *columns.Table, some []int, q query, yield func(*report.Report, error) bool) (more bool, err error) {
	into := collector{size: perReport, yield: yield}
	_, err = s.merge(ctx, t, some, q, func(v *merging.Version) (bool, error) {
		reader := columns.Reader{Row: &merging.Values{Row: v.Row}, Metadata: true}
		if err := reader.Read(t.Add(into.report())); err != nil {
			t.DropLast(into.report())
			return false, err
		}
		return into.added(), nil
	})
	if err == nil {
		into.flush()
	}
	return !into.done, err
}

// collector puts objects together to reports of the same size.
type collector struct {
	size  int
	next  *report.Report
	count int
	yield func(*report.Report, error) bool
	done  bool // the caller wants no more
}

// report returns the report that the next object belongs to.
func (c *collector) report() *report.Report {
	if c.next == nil {
		c.next = &report.Report{}
	}
	return c.next
}

// added hands out the report if it is full. It reports whether the caller wants more.
func (c *collector) added() bool {
	if c.count++; c.count >= c.size {
		c.flush()
	}
	return !c.done
}

// flush hands out the last report, if it has objects.
func (c *collector) flush() {
	if c.count > 0 && !c.done {
		full := c.next
		c.next, c.count = nil, 0
		c.done = !c.yield(full, nil)
	}
}

// merge merges the rows that a query returns, and calls f with each object, until f wants
// no more. It returns the number of rows.
func (s *Store) merge(ctx context.Context, t *columns.Table, some []int, q query, f func(*merging.Version) (bool, error)) (n int, err error) {
	order := merging.Order{Table: t}
	var current *merging.Version
	for values, err := range s.rows(ctx, q) {
		if err != nil {
			return n, err
		}
		n++
		next, err := version(t, some, values)
		if err != nil {
			return n, err
		}
		if current != nil && merging.Key(t, current.Row) == merging.Key(t, next.Row) {
			if _, err := current.Merge(next, t.Units, order.IsGreater); err != nil {
				return n, err
			}
			continue
		}
		if current != nil {
			if more, err := f(current); err != nil || !more {
				return n, err
			}
		}
		current = next
	}
	if current != nil {
		_, err = f(current)
	}
	return n, err
}

// version returns a row of the answer to a query. Columns that were not selected have no
// values.
func version(t *columns.Table, some []int, values []bigquery.Value) (*merging.Version, error) {
	row := make([]any, len(t.Columns))
	empty, _ := values[len(some)+1].([]bigquery.Value)
	for n, i := range some {
		isEmpty := slices.Contains(empty, bigquery.Value(t.Columns[i]))
		var err error
		if row[i], err = fromValue(t.Kinds[i], values[n], isEmpty); err != nil {
			return nil, fmt.Errorf("%w: column %s: %w", store.ErrCorrupt, t.Columns[i], err)
		}
	}
	v := &merging.Version{Row: row}
	if ahead, ok := values[len(some)].(int64); ok && ahead != 0 {
		v.At = slices.Repeat([]int64{row[merging.TimestampColumn].(int64) + ahead}, len(t.Units))
	}
	return v, nil
}

// fromValue returns a value of a column as rows in memory have it.
func fromValue(kind columns.Kind, value bigquery.Value, isEmpty bool) (any, error) {
	switch value := value.(type) {
	case nil:
		return nil, nil
	case string, int64, float64:
		return value, nil
	case bool:
		if value {
			return int64(1), nil
		}
		return int64(0), nil
	case time.Time:
		return value.UnixMicro(), nil
	case []bigquery.Value:
		switch {
		case len(value) == 0 && !isEmpty:
			return nil, nil
		case kind == columns.Texts:
			var all []string
			for _, text := range value {
				s, _ := text.(string)
				all = append(all, s)
			}
			return string(columns.AppendTexts(nil, all)), nil
		case kind == columns.Resources:
			var all []report.Resource
			for _, file := range value {
				fields, _ := file.([]bigquery.Value)
				if len(fields) != 2 {
					return nil, fmt.Errorf("%v where a file belongs", file)
				}
				name, _ := fields[0].(string)
				url, _ := fields[1].(string)
				all = append(all, report.Resource{Name: name, URL: url})
			}
			return string(columns.AppendResources(nil, all)), nil
		}
	}
	return nil, fmt.Errorf("%T", value)
}
