// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// required are the required properties of the objects of each list, except the ID.
var required = map[store.List]string{
	store.Checkouts: `"origin":"ci"`,
	store.Builds:    `"origin":"ci","checkout_id":"ci:1"`,
	store.Tests:     `"origin":"ci","build_id":"ci:1"`,
	store.Issues:    `"origin":"ci","version":1`,
	store.Incidents: `"origin":"ci","issue_id":"ci:1","issue_version":1`,
}

// optional returns the names of the optional properties of the objects of a list, by
// the schema.
func optional(t *testing.T, list store.List) (names []string) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any
			Required   []string
		} `json:"$defs"`
	}
	text, _ := report.Schema(report.Latest())
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	object := schema.Defs[strings.TrimSuffix(string(list), "s")]
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		if name != "_timestamp" && !slices.Contains(object.Required, name) {
			names = append(names, name)
		}
	}
	return names
}

// extremes returns values at the bounds of JSON and of its readers. Most have the wrong
// type for most properties. Values that the decoder of reports refuses are not tried.
func extremes() []string {
	all := strings.Fields(`null true false {} [] ""
		0 -0 -0.0 1 1.0 -1 3.0 0.1 5e-324 1e-400 1e308 -1.7976931348623157e308 2147483647 2147483648 9007199254740991 9007199254740993 1E400
		"a" "PASS" "MISS" "metric" "a.b" "ci:a" "\u00e9\ud83d\ude00\u2028" "\u0000" "\u0001\u007f" "a\\\"\/b" "\ud83d"
		"https://example.org/" "https://example.org/a%20b?c=d#e" "<a@example.org>"
		"0001-01-01T00:00:00Z" "0001-01-01T00:00:00+14:00" "9999-12-31T23:59:59.999999Z" "9999-12-31T23:59:59.9999999Z"
		"9999-12-31T23:59:59-14:00" "1969-12-31T23:59:59.999999Z" "2025-01-01T00:00:00.123456789+05:45" "2016-12-31T23:59:60Z"
		["a"] ["",""] ["b","a","b"] ["\ud83d\ude00","\\"] [{"name":"a","url":"https://example.org/"}]
		[{"name":"","url":"https://example.org/"},{"name":"\ud83d\ude00","url":"https://example.org/?a=\u00e9"}]
		{"comment":""} {"compatible":[]} {"compatible":["",""]} {"misc":{}} {"comment":"a","compatible":["b"],"misc":{"c":1.0}}
		{"value":0} {"value":-0.0} {"value":5e-324,"unit":""} {"value":1e308,"unit":"B/s","prefix":"binary"} {"value":9007199254740991}
		{"code":true} {"code":false,"tool":true,"harness":false}
		{"":{}} {"a":1} {"a":1.0} {"a":1.50} {"a":-0.0} {"a":1E400} {"a":1e-05} {"a":9007199254740993} {"a":12345678901234567890.10}
		{"a":1e131071,"b":"c"} {"a":"\ud83d\ude00\u0001"} {"b":[{}],"a":null,"":""} {"kcidb:text":"{}"} {"misc":{}}`)
	long := func(text string, n int) string { return `"` + strings.Repeat(text, n) + `"` }
	sizes := []int{1024, 16384, 1 << 20}
	if testing.Short() {
		sizes = sizes[:2]
	}
	for _, n := range sizes {
		all = append(all, long("x", n), long("\u00e9", n), long("😀", n), `"ci:`+strings.Repeat("x", n-3)+`"`,
			`"https://example.org/`+strings.Repeat("x", n-20)+`"`, "["+long("x", n)+"]", "["+strings.Repeat(`"a",`, n/4)+`"a"]`)
	}
	for _, n := range []int{100, 400, 5000} {
		all = append(all, `{"a":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`, `{"a":`+strings.Repeat("9", n)+`}`,
			strings.Repeat(`{"a":`, n)+"1"+strings.Repeat("}", n))
	}
	all = append(all, long("0", 40), long("f", 64))
	if testing.Short() {
		return all
	}
	return append(all, `{"a":`+long("x", 1<<20-8)+`}`, `{"a":[`+strings.Repeat("1e400,", 1<<17)+`0]}`,
		`{"a":[`+strings.Repeat(`{"b":"c"},`, 90_000)+`0]}`)
}

// extremes loads objects with each of their properties at each extreme that the decoder
// accepts, and gets back what was loaded, from there and by way of a dump.
func (s suite) extremes(t *testing.T) {
	var all report.Report
	tried, values, latest := 0, extremes(), report.Latest()
	for _, list := range store.Lists {
		for _, name := range optional(t, list) {
			for _, value := range values {
				if len(value) > 1<<16 && name != "comment" && name != "misc" {
					continue // of large ones a few are enough
				}
				tried++
				text := fmt.Sprintf(`{"version":{"major":%d,"minor":%d},%q:[{"id":"ci:%d",%s,%q:%s}]}`,
					latest.Major, latest.Minor, list, tried, required[list], name, value)
				if r, err := report.Decode([]byte(text)); err == nil {
					all.Append(r)
				}
			}
		}
	}
	if n := all.Count(); n < 500 || n == tried {
		t.Fatalf("Decode accepts %d of %d objects", n, tried)
	}
	db := s.ready(t)
	mustLoad(t, db, &all, store.LoadOptions{})
	dropUnkept(&all)
	s.expectKept(t, db, &all)

	var text bytes.Buffer
	w := report.NewWriter(&text)
	if err := w.WriteParts(db.Dump(t.Context(), store.DumpOptions{Metadata: true})); err != nil {
		t.Fatal(err)
	}
	again, err := report.Decode(text.Bytes())
	if err != nil {
		t.Fatalf("Decode refuses the dump of an accepted report: %v", err)
	}
	other := s.ready(t)
	mustLoad(t, other, again, store.LoadOptions{Metadata: true})
	s.expectKept(t, other, &all)
}

// expectKept compares what is in a database with what should be, object by object, by
// their JSON, for package cmp takes minutes for lists of such objects.
func (s suite) expectKept(t *testing.T, db store.Sink, want *report.Report) {
	t.Helper()
	texts := func(r *report.Report) map[string]string {
		all := make(map[string]string)
		add := func(l store.List, id string, one report.Report) {
			text := one.AppendJSON(nil)
			if s.can.JSONValues {
				sorted, err := json.Marshal(jsonValue(text))
				if err != nil {
					t.Fatal(err)
				}
				text = sorted
			}
			all[string(l)+" "+id] = string(text)
		}
		for _, o := range r.Checkouts {
			add(store.Checkouts, o.ID, report.Report{Checkouts: []report.Checkout{o}})
		}
		for _, o := range r.Builds {
			add(store.Builds, o.ID, report.Report{Builds: []report.Build{o}})
		}
		for _, o := range r.Tests {
			add(store.Tests, o.ID, report.Report{Tests: []report.Test{o}})
		}
		for _, o := range r.Issues {
			add(store.Issues, o.ID, report.Report{Issues: []report.Issue{o}})
		}
		for _, o := range r.Incidents {
			add(store.Incidents, o.ID, report.Report{Incidents: []report.Incident{o}})
		}
		return all
	}
	is, due := texts(dumpAll(t, db, false)), texts(want)
	for id, text := range due {
		if is[id] != text {
			t.Errorf("%s is %.300s\nwant %.300s", id, is[id], text)
		}
	}
	if len(is) != len(due) {
		t.Errorf("there are %d objects, want %d", len(is), len(due))
	}
}

// dropUnkept removes the values that databases do not keep: the digits of
// times below a microsecond, an empty environment and an empty culprit.
func dropUnkept(r *report.Report) {
	truncate := func(times ...*time.Time) {
		for _, t := range times {
			if t != nil {
				*t = t.Truncate(time.Microsecond)
			}
		}
	}
	for _, o := range r.Checkouts {
		truncate(o.StartTime, o.OriginBuildsFinishTime, o.OriginTestsFinishTime)
	}
	for _, o := range r.Builds {
		truncate(o.StartTime)
	}
	for i := range r.Tests {
		o := &r.Tests[i]
		truncate(o.StartTime)
		if e := o.Environment; e != nil && e.Comment == nil && e.Compatible == nil && e.Misc == nil {
			o.Environment = nil
		}
	}
	for i := range r.Issues {
		if c := r.Issues[i].Culprit; c != nil && *c == (report.Culprit{}) {
			r.Issues[i].Culprit = nil
		}
	}
}
