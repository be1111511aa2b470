// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/report"
)

func nested(n int) string {
	return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
}

// miscs are free objects, with what of each people see in SQL: the names of the
// members.
var miscs = []struct{ text, members string }{
	{`{}`, ``},
	{`{"":""}`, ``},
	{`{"a":1,"b":1.0,"c":-1.50,"d":12345678901234567890123,"e":true,"f":null,"g":[{}],"h":"\u00e9 😀 \\ \" 1e5 -0"}`, `a b c d e f g h`},
	{`{"zero":0,"n":[-0.5,0.0]}`, `n zero`},
	{`{"lab":"x","loss":1e-05}`, `kcidb:text lab loss`},
	{`{"a":1E400,"b":-0,"c":[-0.0]}`, `a b c kcidb:text`},
	{`{"a":1e401,"b":{"c":1}}`, `b kcidb:text`},
	{`{"a":1e131071,"lab":"x"}`, `kcidb:text lab`},
	{`{"a":-1.5E-99999999999999999999,"lab":"x"}`, `kcidb:text lab`},
	{`{"a":` + strings.Repeat("9", 200_000) + `,"lab":"x"}`, `kcidb:text lab`},
	{`{"a":0.` + strings.Repeat("1", 20_000) + `,"lab":"x"}`, `kcidb:text lab`},
	{`{"a":[` + strings.Repeat("1e400,", 100_000) + `0],"lab":"x"}`, `kcidb:text lab`},
	{nested(99), `a`},
	{nested(9000), `kcidb:text`},
	{`{"kcidb:text":"{}"}`, `kcidb:text`},
	{`{"kcidb\u003atext":"{\"a\":2}","lab":"x"}`, `kcidb:text lab`},
	{`{"KCIDB:TEXT":"{}","a":1}`, `KCIDB:TEXT a`},
	{`{"a":{"kcidb:text":"{}"}}`, `a`},
	{`{"a":"\"kcidb:text\":1"}`, `a`},
}

// everyMisc returns a report that has a free object wherever there may be one.
func everyMisc(n int, text string) *report.Report {
	id, misc := fmt.Sprint("a:", n), json.RawMessage(text)
	return &report.Report{
		Checkouts: []report.Checkout{{ID: id, Origin: "a", Misc: misc}},
		Builds:    []report.Build{{ID: id, Origin: "a", CheckoutID: id, Misc: misc}},
		Tests:     []report.Test{{ID: id, Origin: "a", BuildID: id, Misc: misc, Environment: &report.Environment{Misc: misc}}},
		Issues:    []report.Issue{{ID: id, Origin: "a", Version: 1, Misc: misc}},
		Incidents: []report.Incident{{ID: id, Origin: "a", IssueID: id, IssueVersion: 1, Misc: misc}},
	}
}

// sameMisc reports whether two texts are the same object, their numbers written alike.
func sameMisc(t *testing.T, got, want json.RawMessage) bool {
	t.Helper()
	read := func(text json.RawMessage) string {
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		var value any
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%.200s: %v", text, err)
		}
		sorted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(sorted)
	}
	return read(got) == read(want)
}

// TestMisc loads free objects that jsonb alters, or does not take, and gets them
// back as they were. In SQL each is an object, with the members that jsonb takes.
func TestMisc(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	var all report.Report
	for n, c := range miscs {
		all.Append(everyMisc(n, c.text))
	}
	if _, err := s.Load(t.Context(), &all, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for r, err := range s.Dump(t.Context(), store.DumpOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		check := func(what, id string, got json.RawMessage) {
			var n int
			if _, err := fmt.Sscanf(id, "a:%d", &n); err != nil {
				t.Fatal(err)
			}
			if !sameMisc(t, got, json.RawMessage(miscs[n].text)) {
				t.Errorf("%s: %.200s\nis not %.200s", what, got, miscs[n].text)
			}
		}
		for _, o := range r.Checkouts {
			check("checkout", o.ID, o.Misc)
		}
		for _, o := range r.Builds {
			check("build", o.ID, o.Misc)
		}
		for _, o := range r.Tests {
			check("test", o.ID, o.Misc)
			check("environment", o.ID, o.Environment.Misc)
		}
		for _, o := range r.Issues {
			check("issue", o.ID, o.Misc)
		}
		for _, o := range r.Incidents {
			check("incident", o.ID, o.Misc)
		}
	}
	for n, c := range miscs {
		for _, relation := range []string{"checkouts", "builds", "issues", "incidents"} {
			var members string
			err := s.pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(k, ' ' ORDER BY k COLLATE "C"), '') FROM `+relation+`, jsonb_object_keys(misc) k WHERE id = $1`,
				fmt.Sprint("a:", n)).Scan(&members)
			if err != nil || members != c.members {
				t.Errorf("%s: %.100s: members %q, %v, want %q", relation, c.text, members, err, c.members)
			}
		}
	}
	// All of it can be selected.
	for _, relation := range []string{"checkouts", "builds", "tests", "issues", "incidents"} {
		var n int
		if err := s.pool.QueryRow(t.Context(), "SELECT count(row_to_json(t)::text) FROM "+relation+" t").Scan(&n); err != nil || n != len(miscs) {
			t.Errorf("%s: %d, %v", relation, n, err)
		}
	}
	// A number written otherwise is a change.
	for _, text := range []string{`{"a":1}`, `{"a":1.0}`, `{"a":1e0}`, `{"a":1}`} {
		changes, err := s.Load(t.Context(), everyMisc(1000, text), store.LoadOptions{})
		if err != nil || len(changes.Objects) != 5 {
			t.Errorf("%s: %v, %v: want 5 changes", text, changes, err)
		}
	}
}

// FuzzMisc keeps any object that is JSON, without a server: jsonb gets
// JSON with each member once, and the text comes out of it.
func FuzzMisc(f *testing.F) {
	for _, c := range miscs {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := report.Decode([]byte(`{"version":{"major":5,"minor":3},"issues":[{"id":"a:1","origin":"a","version":1,"misc":` + text + `}]}`))
		if err != nil || r.Issues[0].Misc == nil {
			t.Skip()
		}
		misc := r.Issues[0].Misc
		given := appendMisc(nil, misc)
		if w := weighJSON(given); !w.exact && !w.named || w.cost > maxCost {
			t.Errorf("%s\nis given as %s, which jsonb alters", misc, given)
		}
		back, err := readMisc(given)
		if err != nil || !sameMisc(t, back, misc) {
			t.Errorf("%s\nis given as %s, and comes back as %s, %v", misc, given, back, err)
		}
	})
}
