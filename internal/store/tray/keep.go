// SPDX-License-Identifier: Apache-2.0

package tray

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// The coders may be used concurrently.
var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderCRC(false))
	decoder, _ = zstd.NewReader(nil)
)

var columns = sqldb.Columns("submission list place# origin object_id received# data% faults state settled# settled_by")

// Keep puts the rejected objects of a load into the tray, and settles those that the load
// corrects. The load calls it in its transaction, after its objects are written. While the
// tray is empty, Keep asks one question.
func Keep(ctx context.Context, tx sqldb.Tx, d sqldb.Dialect, opts *store.LoadOptions) error {
	if err := insert(ctx, tx, d, opts.Rejected); err != nil {
		return err
	}
	if err := correct(ctx, tx, d, opts); err != nil || len(opts.Rejected) == 0 {
		return err
	}
	var submissions []string
	for i := range opts.Rejected {
		submissions = append(submissions, opts.Rejected[i].Submission)
	}
	slices.Sort(submissions)
	return sweep(ctx, tx, d, settledAt(opts), d.In("submission", 2), d.List(slices.Compact(submissions)))
}

// settledAt returns the time at which a load settles objects.
func settledAt(opts *store.LoadOptions) (at time.Time) {
	for i := range opts.Receipts {
		if opts.Receipts[i].Finished.After(at) {
			at = opts.Receipts[i].Finished
		}
	}
	return at
}

// insert puts objects into the tray.
func insert(ctx context.Context, tx sqldb.Tx, d sqldb.Dialect, rejected []store.Rejected) error {
	if len(rejected) == 0 {
		return nil
	}
	var rows [][]any
	for i := range rejected {
		r := &rejected[i]
		faults, err := jsonv2.Marshal(r.Faults)
		if err != nil {
			return fmt.Errorf("the faults of an object: %w", err)
		}
		rows = append(rows, []any{r.Submission, r.List, int64(r.Place), r.Origin, r.ID, r.Received.UnixMicro(),
			encoder.EncodeAll(r.Document, nil), string(faults), string(Waiting), int64(0), ""})
	}
	_, err := tx.Each(ctx, d.Insert("rejected", columns)+" ON CONFLICT DO NOTHING", columns, rows)
	return err
}

// correct settles the waiting objects that submissions of a load have without faults.
func correct(ctx context.Context, tx sqldb.Tx, d sqldb.Dialect, opts *store.LoadOptions) error {
	if len(opts.Reports) == 0 {
		return nil
	}
	var waiting bool
	_, err := sqldb.ReadRow(ctx, tx, "SELECT EXISTS (SELECT 1 FROM rejected WHERE state = 'waiting')", nil, &waiting)
	if err != nil || !waiting {
		return err
	}
	by := sqldb.Columns("list object_id received# submission settled#")
	_, err = tx.Each(ctx, `UPDATE rejected SET state = 'corrected', settled = r.settled, settled_by = r.submission FROM `+d.Source(by)+`
		WHERE rejected.list = r.list AND rejected.object_id = r.object_id AND rejected.state = 'waiting'
			AND rejected.received <= r.received AND rejected.submission <> r.submission`, by, corrections(opts))
	return err
}

// corrections returns the objects of a load, each once, with the newest of its submissions.
func corrections(opts *store.LoadOptions) (rows [][]any) {
	type place struct {
		list store.List
		id   string
	}
	known := make(map[place]int)
	for i, r := range opts.Reports {
		receipt := &opts.Receipts[i]
		row := []any{receipt.Received.UnixMicro(), receipt.ID, receipt.Finished.UnixMicro()}
		for list, key := range store.Keys(r) {
			at := place{list, key.ID}
			n, is := known[at]
			switch {
			case !is:
				known[at] = len(rows)
				rows = append(rows, append([]any{string(list), key.ID}, row...))
			case rows[n][2].(int64) <= row[0].(int64):
				rows[n] = append(rows[n][:2:2], row...)
			}
		}
	}
	return rows
}

// sweep settles the waiting objects, of those under a condition, whose correction is in the
// database: an object that was received later than they. The condition may have parameter 2.
func sweep(ctx context.Context, tx sqldb.Tx, d sqldb.Dialect, now time.Time, condition string, args ...any) error {
	var newer []string
	for _, list := range store.Lists {
		newer = append(newer, fmt.Sprintf("rejected.list = '%[1]s' AND EXISTS (SELECT 1 FROM %[2]s o WHERE o.id = rejected.object_id AND %[3]s > rejected.received)",
			list, sqldb.TableOf(d, list), d.Micros("o._timestamp")))
	}
	_, err := tx.Exec(ctx, "UPDATE rejected SET state = 'corrected', settled = $1 WHERE state = 'waiting' AND "+condition+" AND ("+strings.Join(newer, " OR ")+")",
		append([]any{now.UnixMicro()}, args...)...)
	return err
}
