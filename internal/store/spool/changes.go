// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Backlog is the changes that wait to be considered.
type Backlog struct {
	Batches, Objects int64
	Oldest           time.Time // zero without changes
}

// Backlog returns how many changes wait to be considered.
func (s *Spool) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	var oldest int64
	err := s.readCommitted(ctx, "backlog", func(t *tx) error {
		_, err := t.read("SELECT count(*), CAST(coalesce(sum(objects), 0) AS bigint), coalesce(min(at), 0) FROM changes",
			nil, &b.Batches, &b.Objects, &oldest)
		return err
	})
	b.Oldest = sqldb.Time(oldest)
	return b, err
}

// mostBatches is how many batches Changes returns at most.
const mostBatches = 1000

// Changes returns the oldest changes that wait to be considered: as many batches as
// have no more than the given number of objects together, and at least one if there
// is one. They stay until they are settled.
func (s *Spool) Changes(ctx context.Context, objects int) (batches []Batch, err error) {
	err = s.readCommitted(ctx, "changes", func(t *tx) error {
		// A driver may read a result to its end although the caller stops early. So find
		// the last batch first, without the data.
		waiting, err := rows(t, func(r sqldb.Rows) (b Batch, err error) {
			err = r.Scan(&b.Number, &b.Objects)
			return b, err
		}, "SELECT number, objects FROM changes ORDER BY number LIMIT $1", mostBatches)
		if err != nil || len(waiting) == 0 {
			return err
		}
		last, left := 0, objects-waiting[0].Objects
		for last+1 < len(waiting) && left >= waiting[last+1].Objects {
			last++
			left -= waiting[last].Objects
		}
		batches, err = rows(t, func(r sqldb.Rows) (b Batch, err error) {
			var at int64
			err = r.Scan(&b.Number, &at, &b.Objects, &b.Data)
			b.At = sqldb.Time(at)
			return b, err
		}, "SELECT number, at, objects, data FROM changes WHERE number BETWEEN $1 AND $2 ORDER BY number",
			waiting[0].Number, waiting[last].Number)
		return err
	})
	return batches, err
}
