// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

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

// isLesser reports whether the third value of a field is the lesser one of the last two: the
// second value then stays if the times are equal. Values are ordered as someValue lists
// them, except for lists, free objects and culprits.
func isLesser(name string, field reflect.Type) bool {
	if is, ok := otherOrder[name]; ok {
		return is
	}
	return field.Kind() == reflect.Slice || field == reflect.TypeFor[*report.Culprit]()
}

// otherOrder has the fields whose order does not follow from their type, and whether the
// third value is the lesser one.
var otherOrder = map[string]bool{
	// The hashes of the texts decide.
	"Tests.LogURL": true, "Tests.InputFiles": false, "Tests.OutputFiles": false,
	"Tests.Misc":             false, // the text of a test's free object decides, as it came
	"Incidents.IssueVersion": true,  // of the report with the greater IssueID
}

// everyField returns a report with objects of all types and a value in each field:
// the one of someValue that choose says for the field's name, type and number.
func everyField(choose func(name string, field reflect.Type, i int) int) *report.Report {
	all := &report.Report{}
	for n, list := range objectLists(all) {
		object := reflect.New(list.Type().Elem()).Elem()
		for i := range object.NumField() {
			field := object.Type().Field(i)
			object.Field(i).Set(someValue(field, choose(lists[n]+"."+field.Name, field.Type, i)))
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

// Pieces returns a report with up to three pieces of an object of each type. Their values
// and times are few, so that many are equal.
func Pieces(r *rand.Rand) *report.Report { return pieces(r) }
