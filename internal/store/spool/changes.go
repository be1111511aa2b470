// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"time"
)

// Backlog is what nobody has considered yet.
type Backlog struct {
	Batches, Objects int64
	Oldest           time.Time // zero where there is nothing
}

// Backlog returns how much nobody has considered yet.
func (s *Spool) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	var oldest int64
	err := s.Read.QueryRowContext(ctx, `SELECT count(*), CAST(coalesce(sum(objects), 0) AS bigint), coalesce(min(at), 0)
		FROM changes`).Scan(&b.Batches, &b.Objects, &oldest)
	b.Oldest = moment(oldest)
	return b, s.failure(ctx, "backlog", err)
}

// mostBatches is how many Changes returns at most.
const mostBatches = 1000

// Changes returns the oldest changes that nobody has considered: as many batches
// as have no more than so many objects together, and one at least, if there is
// one. They stay until they are settled.
func (s *Spool) Changes(ctx context.Context, objects int) ([]Batch, error) {
	batches, err := s.changes(ctx, objects)
	return batches, s.failure(ctx, "changes", err)
}

func (s *Spool) changes(ctx context.Context, objects int) ([]Batch, error) {
	// A driver may read a result to its end even where nobody wants the rest, so
	// how many there are to be is found first.
	var first, last int64
	enough := false
	err := s.query(ctx, s.Read, func(scan func(...any) error) error {
		var number int64
		var n int
		if err := scan(&number, &n); err != nil {
			return err
		}
		objects -= n
		if first == 0 {
			first = number
		} else if objects < 0 {
			enough = true
		}
		if !enough {
			last = number
		}
		return nil
	}, "SELECT number, objects FROM changes ORDER BY number LIMIT ?", mostBatches)
	if err != nil || first == 0 {
		return nil, err
	}
	var batches []Batch
	err = s.query(ctx, s.Read, func(scan func(...any) error) error {
		var b Batch
		var at int64
		err := scan(&b.Number, &at, &b.Objects, &b.Data)
		b.At = moment(at)
		batches = append(batches, b)
		return err
	}, "SELECT number, at, objects, data FROM changes WHERE number BETWEEN ? AND ? ORDER BY number", first, last)
	return batches, err
}
