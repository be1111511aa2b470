// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"hash/maphash"
	"iter"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/report"
)

// objectsEach is the number of objects in a submission.
const objectsEach = 5

// reports returns an endless sequence of reports with objectsEach objects each: sample reports,
// cut in pieces in the order in which they arrive. Objects of several checkouts and builds are
// interleaved, and some objects come twice.
func reports(seed uint64) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		var p pieces
		for r := range sample.Reports(sample.Options{Seed: seed, Checkouts: 1 << 30}) {
			if !p.cut(r, yield) {
				return
			}
		}
	}
}

// pieces cuts reports in pieces.
type pieces struct{ next report.Report }

// cut adds the objects of r to the pieces, and yields each piece that is full.
func (p *pieces) cut(r *report.Report, yield func(*report.Report) bool) bool {
	return move(p, r.Checkouts, func(r *report.Report) *[]report.Checkout { return &r.Checkouts }, yield) &&
		move(p, r.Builds, func(r *report.Report) *[]report.Build { return &r.Builds }, yield) &&
		move(p, r.Tests, func(r *report.Report) *[]report.Test { return &r.Tests }, yield) &&
		move(p, r.Issues, func(r *report.Report) *[]report.Issue { return &r.Issues }, yield) &&
		move(p, r.Incidents, func(r *report.Report) *[]report.Incident { return &r.Incidents }, yield)
}

func move[T any](p *pieces, objects []T, list func(*report.Report) *[]T, yield func(*report.Report) bool) bool {
	for _, o := range objects {
		to := list(&p.next)
		*to = append(*to, o)
		if p.next.Count() < objectsEach {
			continue
		}
		full := p.next
		p.next = report.Report{}
		if !yield(&full) {
			return false
		}
	}
	return true
}

// tables are the tables of objects whose rows are counted.
var tables = []string{"checkouts", "builds", "tests", "issues", "incidents"}

// census counts distinct objects. It remembers eight bytes of each, so that ten million
// objects take some hundred megabytes.
type census struct {
	seed maphash.Seed
	seen []map[uint64]struct{} // by table
}

func newCensus() *census {
	c := &census{seed: maphash.MakeSeed()}
	for range tables {
		c.seen = append(c.seen, map[uint64]struct{}{})
	}
	return c
}

// add counts the objects of a report.
func (c *census) add(r *report.Report) {
	for _, o := range r.Checkouts {
		c.see(0, o.ID, 0)
	}
	for _, o := range r.Builds {
		c.see(1, o.ID, 0)
	}
	for _, o := range r.Tests {
		c.see(2, o.ID, 0)
	}
	for _, o := range r.Issues {
		c.see(3, o.ID, o.Version)
	}
	for _, o := range r.Incidents {
		c.see(4, o.ID, 0)
	}
}

func (c *census) see(table int, id string, version int) {
	c.seen[table][c.hash(id, version)] = struct{}{}
}

// has reports whether an object was counted.
func (c *census) has(table int, id string, version int) bool {
	_, seen := c.seen[table][c.hash(id, version)]
	return seen
}

func (c *census) hash(id string, version int) uint64 {
	type identity struct {
		id      string
		version int
	}
	return maphash.Comparable(c.seed, identity{id, version})
}

// rows returns the number of distinct objects of a table.
func (c *census) rows(table int) int { return len(c.seen[table]) }
