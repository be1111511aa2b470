// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Dump returns the objects that arrived within the bounds, each list in the
// order of arrival, and in that of the IDs where they arrived at the same time,
// as all of a load did.
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
	// In the order of the index, a load at a time, nothing has to be sorted as a
	// whole. The first rows come at once, and no space is needed on the server.
	if err := v.exec(ctx, "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"); err != nil {
		return err
	}
	p := newPages(v, opts.PerReport, opts.Metadata, reportsOnly(yield))
	for i := range tables {
		t := &tables[i]
		more, err := p.read(ctx, t, "SELECT "+t.columnList()+" FROM "+t.name+` o
			WHERE ($1::timestamptz IS NULL OR _timestamp > $1) AND ($2::timestamptz IS NULL OR _timestamp <= $2)
			ORDER BY _timestamp, `+t.keyList(), bound(opts.After), bound(opts.Until))
		if !more {
			return v.broken(ctx, err)
		}
	}
	p.flush()
	return nil
}

// bound returns a time, nil for none.
func bound(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
