// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// order loads the same reports in many orders, and gets the same objects.
func (s suite) order(t *testing.T) {
	t.Run("streams", s.streams)
	t.Run("ties", s.ties)
	t.Run("compound", s.compound)
	t.Run("arrival", s.arrival)
}

// streams loads random pieces of objects, with equal and with different times, in
// reports of several pieces and random orders. Each order has objects of its own,
// so that one database does for all.
func (s suite) streams(t *testing.T) {
	seeds, orders, loads := s.few(8, 1), 24, 5
	if testing.Short() {
		seeds = min(seeds, 2)
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 12))
		reports := make([]*report.Report, loads)
		for i := range reports {
			reports[i] = pieces(r)
		}
		permutations := make([][]int, orders)
		for i := range permutations {
			permutations[i] = r.Perm(loads)
		}
		db := s.ready(t)
		for step := range loads + 1 {
			all := &report.Report{}
			for n, order := range permutations {
				// A report that was loaded before changes nothing when it is loaded again.
				all.Append(renamed(reports[order[step%loads]], fmt.Sprintf("a:%d", n)))
			}
			mustLoad(t, db, all, store.LoadOptions{Metadata: true})
			if s.can.Reopen != nil && r.IntN(2) == 0 {
				db = s.can.Reopen(t, db)
			}
		}
		got := byID(dumpAll(t, db, true))
		for n := range orders {
			s.expect(t, renamed(got[fmt.Sprintf("a:%d", n)], ""), renamed(got["a:0"], ""))
		}
		s.expectLoaded(t, got["a:0"], reports)
		if s.can.SQL {
			VerifyRollups(t, db)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// expectLoaded fails the test unless each field of the objects has one of the values that
// came with the newest time, and no other.
func (s suite) expectLoaded(t *testing.T, got *report.Report, loaded []*report.Report) {
	t.Helper()
	for i, name := range lists {
		var all []reflect.Value
		for _, r := range loaded {
			list := objectLists(r)[i]
			for n := range list.Len() {
				all = append(all, list.Index(n))
			}
		}
		list := objectLists(got)[i]
		if list.Len() != min(len(all), 1) {
			t.Fatalf("%d %s, loaded %d", list.Len(), name, len(all))
		}
		if len(all) == 0 {
			continue
		}
		for f := range list.Type().Elem().NumField() {
			field := list.Type().Elem().Field(f)
			if field.Name == "ID" {
				continue
			}
			var values []any
			var at time.Time
			for _, object := range all {
				value, when := object.Field(f), *object.FieldByName("Timestamp").Interface().(*time.Time)
				switch empty := isEmpty(value); {
				case empty, when.Before(at):
					continue
				case when.After(at):
					values, at = nil, when
				}
				values = append(values, value.Interface())
			}
			value := list.Index(0).Field(f)
			if len(values) == 0 && isEmpty(value) {
				continue
			}
			if !slices.ContainsFunc(values, func(v any) bool { return gocmp.Equal(v, value.Interface(), s.comparing()) }) {
				text, _ := json.Marshal(value.Interface())
				t.Errorf("%s.%s is %s, none of the %d newest values", name, field.Name, text, len(values))
			}
		}
	}
}

// ties loads values with equal times, all of them different: the greater ones stay,
// and these are the same with all drivers.
func (s suite) ties(t *testing.T) {
	one := everyField(func(_ string, _ reflect.Type, i int) int { return 1 + i%2 }) // which of the two is the greater one differs
	other := everyField(func(_ string, _ reflect.Type, i int) int { return 2 - i%2 })
	want := everyField(func(name string, field reflect.Type, _ int) int {
		if isLesser(name, field) {
			return 1
		}
		return 2
	})
	for name, order := range map[string][]*report.Report{"up": {one, other}, "down": {other, one}, "twice": {other, one, other}} {
		db := s.ready(t)
		for _, r := range order {
			mustLoad(t, db, r, store.LoadOptions{Metadata: true})
		}
		t.Run(name, func(t *testing.T) { s.expect(t, dumpAll(t, db, true), want) })
	}
	// Within one load the later one stays.
	db := s.ready(t)
	both := &report.Report{}
	both.Append(other)
	both.Append(one)
	mustLoad(t, db, both, store.LoadOptions{Metadata: true})
	s.expect(t, dumpAll(t, db, true), one)
}

// compound replaces compound values whole.
func (s suite) compound(t *testing.T) {
	db := s.ready(t)
	of := func(at int, number *report.Number, environment *report.Environment) *report.Report {
		return &report.Report{Tests: []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1", Number: number, Environment: environment, Timestamp: new(moment(at))}}}
	}
	mustLoad(t, db, of(2, &report.Number{Value: 1, Unit: new("B/s"), Prefix: new(report.PrefixBinary)},
		&report.Environment{Comment: new("c"), Compatible: []string{"x"}}), store.LoadOptions{Metadata: true})
	want := of(3, &report.Number{Value: 2}, &report.Environment{Misc: json.RawMessage(`{}`)})
	mustLoad(t, db, want, store.LoadOptions{Metadata: true})
	mustLoad(t, db, of(1, &report.Number{Value: 3, Unit: new("Hz")}, &report.Environment{Comment: new("d")}), store.LoadOptions{Metadata: true})
	s.expect(t, dumpAll(t, db, true), want)
	mustLoad(t, db, of(3, nil, &report.Environment{}), store.LoadOptions{Metadata: true})
	s.expect(t, dumpAll(t, db, true), want)
}

// arrival checks that loads get times later than those of all objects, for example after
// a clock was set back. Times too far in the future do not count.
func (s suite) arrival(t *testing.T) {
	db := s.ready(t)
	now, err := db.Time(t.Context(), store.Current)
	if err != nil {
		t.Fatal(err)
	}
	ahead, far := now.Add(time.Hour).Truncate(time.Microsecond), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	mustLoad(t, db, &report.Report{
		Checkouts: []report.Checkout{{ID: "a:1", Origin: "a", Timestamp: &far}},
		Incidents: []report.Incident{{ID: "a:1", Origin: "a", IssueID: "a:1", Timestamp: &ahead}},
	}, store.LoadOptions{Metadata: true})
	test := func(id string) *report.Report {
		return &report.Report{Tests: []report.Test{{ID: id, Origin: "a", BuildID: "a:1"}}}
	}
	mustLoad(t, db, test("a:1"), store.LoadOptions{})
	mustLoad(t, db, test("a:2"), store.LoadOptions{Metadata: true}) // has none
	mustLoad(t, db, test("a:3"), store.LoadOptions{Arrival: moment(1)})
	got := dumpAll(t, db, true)
	for i, want := range []time.Time{ahead.Add(time.Microsecond), ahead.Add(2 * time.Microsecond), moment(1)} {
		if at := *got.Tests[i].Timestamp; !at.Equal(want) {
			t.Errorf("%s arrived at %v, want %v", got.Tests[i].ID, at, want)
		}
	}
	if next, err := db.Time(t.Context(), store.Next); err != nil || !next.Equal(ahead.Add(3*time.Microsecond)) {
		t.Errorf("the next time is %v, %v, want 3 µs after %v", next, err, ahead)
	}
}
