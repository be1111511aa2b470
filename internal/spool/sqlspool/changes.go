// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Backlog implements spool.Source.
func (s *Spool) Backlog(ctx context.Context) (spool.Backlog, error) {
	var b spool.Backlog
	var oldest int64
	err := s.readCommitted(ctx, "backlog", func(t *tx) error {
		_, err := t.read("SELECT count(*), CAST(coalesce(sum(objects), 0) AS bigint), coalesce(min(at), 0) FROM changes",
			nil, &b.Batches, &b.Objects, &oldest)
		return err
	})
	b.Oldest = sqldb.Time(oldest)
	return b, err
}

// Changes returns the oldest changes. The ID of a batch is its number, in the order of
// the transactions that share objects.
func (s *Spool) Changes(ctx context.Context, objects int) (batches []spool.Batch, err error) {
	type size struct {
		number  int64
		objects int
	}
	err = s.readCommitted(ctx, "changes", func(t *tx) error {
		// A driver may read a result to its end although the caller stops early. So find
		// the last batch first, without the data.
		waiting, err := rows(t, func(r sqldb.Rows) (b size, err error) {
			err = r.Scan(&b.number, &b.objects)
			return b, err
		}, "SELECT number, objects FROM changes ORDER BY number LIMIT $1", spool.MostBatches)
		if err != nil || len(waiting) == 0 {
			return err
		}
		last, left := 0, objects-waiting[0].objects
		for last+1 < len(waiting) && left >= waiting[last+1].objects {
			last++
			left -= waiting[last].objects
		}
		batches, err = rows(t, func(r sqldb.Rows) (b spool.Batch, err error) {
			var number, at int64
			err = r.Scan(&number, &at, &b.Objects, &b.Data)
			b.ID, b.At = strconv.FormatInt(number, 10), sqldb.Time(at)
			return b, err
		}, "SELECT number, at, objects, data FROM changes WHERE number BETWEEN $1 AND $2 ORDER BY number",
			waiting[0].number, waiting[last].number)
		return err
	})
	return batches, err
}

// Done does nothing, because Settle deletes the batches.
func (s *Spool) Done(context.Context, []string) error { return nil }

// Settled returns the batches that Settle deleted.
func (s *Spool) Settled(ctx context.Context, batches []string) (settled []string, err error) {
	numbers, err := numbersOf(batches)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	err = s.readCommitted(ctx, "settled", func(t *tx) error {
		waiting, err := rows(t, scanOne[int64], "SELECT number FROM changes WHERE "+t.In("number", 1), t.Numbers(numbers))
		settled = slices.DeleteFunc(slices.Clone(batches), func(id string) bool {
			return slices.ContainsFunc(waiting, func(number int64) bool { return strconv.FormatInt(number, 10) == id })
		})
		return err
	})
	return settled, err
}

// numbersOf returns the numbers of batches, each once, in order.
func numbersOf(batches []string) ([]int64, error) {
	numbers := make([]int64, len(batches))
	for i, id := range batches {
		number, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("batch %q is not of this database", id)
		}
		numbers[i] = number
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}
