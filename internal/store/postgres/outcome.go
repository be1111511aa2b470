// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"slices"
	"time"
)

// outcome finds out how a transaction ended whose commit failed. If the connection
// broke, the server may have committed, and only the answer was lost.
func (l *loader) outcome(ctx context.Context, s *Store, id string, failed error) error {
	if !isBroken(failed) {
		return failed
	}
	end := time.Now().Add(s.retryFor)
	for wait := retryFirst; ; wait = min(2*wait, time.Second) {
		var status string
		err := s.pool.QueryRow(ctx, "SELECT coalesce(pg_xact_status($1::text::xid8), '')", id).Scan(&status)
		switch {
		case err != nil && !isBroken(err), time.Now().After(end):
			return failed
		case err != nil:
		case status == "committed":
			return l.trace(ctx, s, id, failed)
		case status != "in progress":
			return failed
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// trace returns no error if the database has a row that the transaction wrote, and
// failed otherwise. The number of the transaction proves nothing: a server that crashed,
// or the server that takes its place, may give the number of a lost transaction to
// another one.
func (l *loader) trace(ctx context.Context, s *Store, id string, failed error) error {
	query, args := "SELECT EXISTS (SELECT FROM receipts WHERE id = $1 AND "+writtenBy+")", []any{}
	switch {
	case len(l.opts.Receipts) > 0:
		args = append(args, l.opts.Receipts[0].ID)
	case len(l.changes.Objects) > 0:
		change := l.changes.Objects[0]
		t := &tables[slices.IndexFunc(tables, func(t table) bool { return t.List == change.List })]
		query, args = "SELECT EXISTS (SELECT FROM "+t.name+" WHERE id = $1 AND "+writtenBy, append(args, change.Key.ID)
		if t.Keys > 1 {
			query, args = query+" AND version = $3", append(args, change.Key.Version)
		}
		query += ")"
	default:
		return failed // loading it again changes nothing, either
	}
	var written bool
	err := s.pool.QueryRow(ctx, query, slices.Insert(args, 1, any(id))...).Scan(&written)
	if err == nil && written {
		return nil
	}
	return failed
}

// writtenBy is true for rows that transaction $2 wrote: xmin is the lower half of its
// number.
const writtenBy = "xmin::text::bigint = $2::text::bigint & 4294967295"
