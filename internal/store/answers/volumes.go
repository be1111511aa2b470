// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Volume counts objects that started on a day and have all other values in common.
type Volume struct {
	Day    int64 // since 1970
	Origin string
	Lab    string // as facts.LabOf; "" for checkouts
	Kind   rollup.Kind
	Status report.Status
	N      int64
}

// Lost reports whether the objects are boots or tests that say nothing about the kernel.
func (v *Volume) Lost() bool { return v.IsResult() && rollup.Lost(v.Status) }

// IsResult reports whether the objects are boots or tests.
func (v *Volume) IsResult() bool { return v.Kind == rollup.Boots || v.Kind == rollup.Tests }

// AddTo adds the number to amounts.
func (v *Volume) AddTo(a *Amounts) { a.add(v.Kind, v.N) }

// VolumesOf says which volumes to read; "" stands for any origin or lab. A lab has no
// checkouts.
type VolumesOf struct {
	Days        Days
	Origin, Lab string
}

// Volumes returns the numbers of objects that started on days, by day.
func (db *DB) Volumes(ctx context.Context, of VolumesOf) (all []Volume, err error) {
	err = db.view(ctx, "read volumes", func(ctx context.Context, tx sqldb.Tx) error {
		all, err = readVolumes(ctx, tx, of)
		return err
	})
	return all, err
}

func readVolumes(ctx context.Context, tx sqldb.Tx, of VolumesOf) (all []Volume, err error) {
	query := "SELECT day, origin, lab, kind, status, n FROM daily_counts WHERE day BETWEEN $1 AND $2"
	args := []any{of.Days.First, of.Days.Last}
	if of.Origin != "" {
		args = append(args, of.Origin)
		query += fmt.Sprintf(" AND origin = $%d", len(args))
	}
	if of.Lab != "" {
		args = append(args, of.Lab)
		query += " AND " + inLab(len(args)) + " AND kind <> 'checkout'"
	}
	var v Volume
	err = forEachRow(ctx, tx, query+" ORDER BY day", args, []any{&v.Day, &v.Origin, &v.Lab, &v.Kind, &v.Status, &v.N}, func() {
		if v.Lab = facts.LabOf(v.Lab, v.Origin); v.Kind == rollup.Checkouts {
			v.Lab = ""
		}
		all = append(all, v)
	})
	return all, err
}

// inLab returns the condition that counts of tests or builds are of the lab of parameter
// n: facts.LabOf as SQL.
func inLab(n int) string { return fmt.Sprintf("(lab = $%[1]d OR lab = '' AND origin = $%[1]d)", n) }

// Statistics has the numbers of days, and of as many days before.
type Statistics struct {
	Days, DaysBefore Days
	Volumes          []Volume // of all these days
	Now              Totals
	Before           Started
}

// Statistics returns the numbers of days, and of as many days before, of an origin and a
// lab, or of all. Issues and incidents are of all labs. Trees are 0 for a lab.
func (db *DB) Statistics(ctx context.Context, of VolumesOf) (*Statistics, error) {
	length := of.Days.Last - of.Days.First + 1
	s := &Statistics{
		Days: of.Days, DaysBefore: Days{of.Days.First - length, of.Days.First - 1},
		Now: Totals{Started: Started{Labs: make(map[string]*Amounts)}}, Before: Started{Labs: make(map[string]*Amounts)},
	}
	err := db.view(ctx, "read statistics", func(ctx context.Context, tx sqldb.Tx) (err error) {
		if err := s.readVolumes(ctx, tx, of); err != nil {
			return err
		}
		if of.Lab == "" {
			if err := s.readTrees(ctx, tx, of.Origin); err != nil {
				return err
			}
		}
		if err := s.Now.readArrived(ctx, db, tx, s.Days); err != nil {
			return err
		}
		return s.Now.readBuildIncidents(ctx, db, tx, s.Days)
	})
	return s, err
}

func (s *Statistics) readVolumes(ctx context.Context, tx sqldb.Tx, of VolumesOf) (err error) {
	of.Days.First = s.DaysBefore.First
	s.Volumes, err = readVolumes(ctx, tx, of)
	for _, v := range s.Volumes {
		if v.Day >= s.Days.First {
			s.Now.count(v.Kind, v.Lab, v.N)
		} else {
			s.Before.count(v.Kind, v.Lab, v.N)
		}
	}
	return err
}

// readTrees counts the trees of an origin, "" for any, as Started.readTrees does.
func (s *Statistics) readTrees(ctx context.Context, tx sqldb.Tx, origin string) error {
	const with = "count(CASE WHEN EXISTS (SELECT 1 FROM counted_checkouts c WHERE c.tree = h.key AND c.start >= %s AND c.start < %s) THEN 1 END)"
	query := "SELECT " + fmt.Sprintf(with, "$2", "$3") + ", " + fmt.Sprintf(with, "$1", "$2") + `
		FROM tree_heads h
		WHERE h.start >= $1 AND ($4 = '' OR h.origin = $4)`
	before, _ := s.DaysBefore.micros()
	begin, end := s.Days.micros()
	_, err := sqldb.ReadRow(ctx, tx, query, []any{before, begin, end, origin}, &s.Now.Trees, &s.Before.Trees)
	return err
}
