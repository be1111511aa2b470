// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"iter"
	"math"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Dump returns the objects that arrived within the bounds, each list in the
// order of arrival.
func (s *Store) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		if err := s.dump(ctx, opts, yield); err != nil {
			yield(nil, s.failure(ctx, "dump", err))
		}
	}
}

func (s *Store) dump(ctx context.Context, opts store.DumpOptions, yield func(*report.Report, error) bool) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	after, until := int64(math.MinInt64), int64(math.MaxInt64)
	if !opts.After.IsZero() {
		after = opts.After.UnixMicro()
	}
	if !opts.Until.IsZero() {
		until = opts.Until.UnixMicro()
	}
	p := newPages(v, opts.PerReport, opts.Metadata, reportsOnly(yield))
	for i := range tables {
		more, err := p.read(ctx, &tables[i], tables[i].dumpSQL(), [2]any{after, int64(math.MaxInt64)}, until)
		if !more {
			return err
		}
	}
	p.flush()
	return nil
}

// dumpSQL selects rows in the order of arrival, and in that of loading where
// they arrived at the same time, as all of a load did. These are a term of
// their own, for the index on _timestamp to find where to go on among them.
func (t *table) dumpSQL() string {
	rows := "SELECT o._timestamp, o.rowid, " + t.columnList() + " FROM " + string(t.list) + " o WHERE "
	return rows + "o._timestamp = ?1 AND o.rowid > ?2 UNION ALL " +
		rows + "o._timestamp > ?1 AND o._timestamp <= ?3 ORDER BY 1, 2 LIMIT ?4"
}
