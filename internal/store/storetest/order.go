// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
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
	seeds, orders, loads := 8, 24, 5
	if testing.Short() {
		seeds = 2
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
		got := byID(everything(t, db, true))
		for n := range orders {
			s.expect(t, renamed(got[fmt.Sprintf("a:%d", n)], ""), renamed(got["a:0"], ""))
		}
		s.newest(t, got["a:0"], reports)
		if s.can.SQL {
			VerifyRollups(t, db)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// pieces returns a report with up to three pieces of an object of each type.
func pieces(r *rand.Rand) *report.Report {
	all := &report.Report{}
	each := reflect.ValueOf(all).Elem()
	for _, name := range lists {
		list := each.FieldByName(name)
		for range r.IntN(4) {
			object := reflect.New(list.Type().Elem()).Elem()
			for i := range object.NumField() {
				if required := object.Field(i).Kind() == reflect.String; required || r.IntN(3) == 0 {
					object.Field(i).Set(someValue(object.Type().Field(i), r.IntN(3)))
				}
			}
			if v := object.FieldByName("Version"); v.IsValid() {
				v.SetInt(1)
			}
			object.FieldByName("Timestamp").Set(reflect.ValueOf(new(moment(r.IntN(4)))))
			list.Set(reflect.Append(list, object))
		}
	}
	return all
}

// lists are the names of the lists in a report.
var lists = []string{"Checkouts", "Builds", "Tests", "Issues", "Incidents"}

// someValue returns the nth of several values of a field. They are near each other in
// every order that a driver could use.
func someValue(field reflect.StructField, n int) reflect.Value {
	long := strings.Repeat("x", 300)
	texts := []string{"B", "a", "é"}
	var value any
	switch reflect.Zero(field.Type).Interface().(type) {
	case string:
		value = texts[n]
	case int:
		value = n
	case *string:
		if field.Name == "LogExcerpt" {
			texts = []string{"short", long, long + "x"}
		}
		value = &texts[n]
	case *bool:
		value = new(n > 0)
	case *float64:
		value = new([]float64{-2, 1.5, 1e300}[n])
	case *time.Time:
		value = new(moment(n))
	case *report.Status:
		value = new([]report.Status{report.StatusFail, report.StatusError, report.StatusPass}[n])
	case []string:
		value = [][]string{{"a", "b"}, {"a"}, {"B", `"`}}[n]
	case []report.Resource:
		value = [][]report.Resource{{}, {{Name: "a", URL: "https://b"}}, {{Name: "b", URL: "https://a"}, {Name: "\n", URL: "é"}}}[n]
	case json.RawMessage:
		value = []json.RawMessage{json.RawMessage(`{}`), json.RawMessage(`{"a":1}`), json.RawMessage(`{"zz":{"é":"x"},"B":2}`)}[n]
	case *report.Number:
		value = []*report.Number{{Value: 1, Unit: new("B/s")}, {Value: 1, Prefix: new(report.PrefixBinary)}, {Value: 1, Unit: new("Hz")}}[n]
	case *report.Environment:
		value = []*report.Environment{{}, {Compatible: []string{"x", "y"}, Misc: json.RawMessage(`{}`)}, {Comment: new("c"), Misc: json.RawMessage(`{"platform":"p"}`)}}[n]
	case *report.Culprit:
		value = []*report.Culprit{{Code: new(true)}, {Code: new(true), Tool: new(false)}, {Harness: new(true)}}[n]
	default:
		panic(field.Type.String())
	}
	return reflect.ValueOf(value)
}

// renamed returns the objects of a report with another ID.
func renamed(r *report.Report, id string) *report.Report {
	all := &report.Report{}
	if r != nil {
		all.Append(r)
	}
	for _, list := range objectLists(all) {
		for i := range list.Len() {
			list.Index(i).FieldByName("ID").SetString(id)
		}
	}
	return all
}

// objectLists returns the lists of a report.
func objectLists(r *report.Report) (all []reflect.Value) {
	for _, name := range lists {
		all = append(all, reflect.ValueOf(r).Elem().FieldByName(name))
	}
	return all
}

// byID splits a report by the IDs of its objects.
func byID(r *report.Report) map[string]*report.Report {
	all := make(map[string]*report.Report)
	for i, list := range objectLists(r) {
		for n := range list.Len() {
			object := list.Index(n)
			id := object.FieldByName("ID").String()
			if all[id] == nil {
				all[id] = &report.Report{}
			}
			into := objectLists(all[id])[i]
			into.Set(reflect.Append(into, object))
		}
	}
	return all
}

// newest fails the test unless each field of the objects has one of the values that
// came with the newest time, and no other.
func (s suite) newest(t *testing.T, got *report.Report, loaded []*report.Report) {
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

// isEmpty reports whether a field is absent, or an empty compound.
func isEmpty(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Pointer:
		return value.IsNil() || value.Elem().Kind() == reflect.Struct && value.Type() != reflect.TypeFor[*time.Time]() && value.Elem().IsZero()
	case reflect.Slice:
		return value.IsNil()
	}
	return false
}

// lesser are the fields whose third value is the lesser one of the last two: the
// second one stays where times are equal. The others are ordered as they are listed.
// The hashes of texts of tests have an order of their own.
var lesser = map[string]bool{
	"Checkouts.GitCommitTags": true, "Checkouts.PatchsetFiles": true, "Checkouts.Misc": true,
	"Builds.InputFiles": true, "Builds.OutputFiles": true, "Builds.Misc": true,
	"Tests.LogURL":   true, // and not Tests.Misc: the text of a test's free object decides, as it came
	"Issues.Culprit": true, "Issues.Categories": true, "Issues.Misc": true,
	"Incidents.IssueVersion": true, // of the report with the greater IssueID
	"Incidents.Misc":         true,
}

// ties loads values with equal times, all of them different: the greater ones stay,
// and these are the same with all drivers.
func (s suite) ties(t *testing.T) {
	one := everyField(func(_ string, i int) int { return 1 + i%2 }) // which of the two is the greater one differs
	other := everyField(func(_ string, i int) int { return 2 - i%2 })
	want := everyField(func(name string, _ int) int {
		if lesser[name] {
			return 1
		}
		return 2
	})
	for name, order := range map[string][]*report.Report{"up": {one, other}, "down": {other, one}, "twice": {other, one, other}} {
		db := s.ready(t)
		for _, r := range order {
			mustLoad(t, db, r, store.LoadOptions{Metadata: true})
		}
		t.Run(name, func(t *testing.T) { s.expect(t, everything(t, db, true), want) })
	}
	// Within one load the later one stays.
	db := s.ready(t)
	both := &report.Report{}
	both.Append(other)
	both.Append(one)
	mustLoad(t, db, both, store.LoadOptions{Metadata: true})
	s.expect(t, everything(t, db, true), one)
}

// everyField returns a report with objects of all types and a value in each field:
// the one of someValue that choose says for the field's name and number.
func everyField(choose func(name string, i int) int) *report.Report {
	all := &report.Report{}
	for n, list := range objectLists(all) {
		object := reflect.New(list.Type().Elem()).Elem()
		for i := range object.NumField() {
			field := object.Type().Field(i)
			object.Field(i).Set(someValue(field, choose(lists[n]+"."+field.Name, i)))
		}
		object.FieldByName("ID").SetString("a:1")
		if v := object.FieldByName("Version"); v.IsValid() {
			v.SetInt(1)
		}
		object.FieldByName("Timestamp").Set(reflect.ValueOf(new(moment(0))))
		list.Set(reflect.Append(list, object))
	}
	return all
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
	s.expect(t, everything(t, db, true), want)
	mustLoad(t, db, of(3, nil, &report.Environment{}), store.LoadOptions{Metadata: true})
	s.expect(t, everything(t, db, true), want)
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
	got := everything(t, db, true)
	for i, want := range []time.Time{ahead.Add(time.Microsecond), ahead.Add(2 * time.Microsecond), moment(1)} {
		if at := *got.Tests[i].Timestamp; !at.Equal(want) {
			t.Errorf("%s arrived at %v, want %v", got.Tests[i].ID, at, want)
		}
	}
	if next, err := db.Time(t.Context(), store.Next); err != nil || !next.Equal(ahead.Add(3*time.Microsecond)) {
		t.Errorf("the next time is %v, %v, want 3 µs after %v", next, err, ahead)
	}
}
