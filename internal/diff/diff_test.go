// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

// differences compares two streams, and returns each difference as a line.
func differences(t *testing.T, c *Comparison, a, b string) []string {
	t.Helper()
	for side, stream := range []string{a, b} {
		for part, err := range report.NewReader(strings.NewReader(stream)).Parts(100) {
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Add(Side(side), part); err != nil {
				t.Fatal(err)
			}
		}
	}
	var lines []string
	for d, err := range c.Differences() {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case d.OnlyIn != nil:
			lines = append(lines, fmt.Sprintf("%s: only in %c", d.Object(), 'A'+*d.OnlyIn))
		default:
			for _, f := range d.Fields {
				lines = append(lines, fmt.Sprintf("%s: %s: %s, %s", d.Object(), f.Name, f.A, f.B))
			}
		}
	}
	return lines
}

const head = `{"version":{"major":5,"minor":3},`

// tests returns a report with a test for each argument, which gets the
// required members, too.
func tests(members ...string) string {
	var all []string
	for _, m := range members {
		all = append(all, `{"id":"ci:t","origin":"ci","build_id":"ci:b"`+m+`}`)
	}
	return head + `"tests":[` + strings.Join(all, ",") + `]}`
}

const (
	early = `,"_timestamp":"2025-01-01T00:00:00.000001+00:00"`
	late  = `,"_timestamp":"2025-01-02T00:00:00.000000+00:00"`
)

func TestDifferences(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want []string
	}{
		"nothing": {"", "", nil},
		"the order of objects, of members, and the cut": {
			head + `"checkouts":[{"id":"ci:1","origin":"ci"},{"id":"ci:2","origin":"ci"}],"builds":[{"id":"ci:b","checkout_id":"ci:1","origin":"ci"}]}`,
			head + `"builds":[{"origin":"ci","checkout_id":"ci:1","id":"ci:b"}],"checkouts":[{"id":"ci:2","origin":"ci"}]}` +
				head + `"checkouts":[{"origin":"ci","id":"ci:1"}]}`, nil},
		"objects on one side": {
			head + `"checkouts":[{"id":"ci:1","origin":"ci"}],"issues":[{"id":"ci:i","version":1,"origin":"ci"},{"id":"ci:i","version":2,"origin":"ci"}]}`,
			head + `"checkouts":[{"id":"ci:2","origin":"ci"}],"issues":[{"id":"ci:i","version":1,"origin":"ci"}]}`,
			[]string{"checkouts ci:1: only in A", "checkouts ci:2: only in B", "issues ci:i version 2: only in A"}},
		"the same ID in two lists": {
			head + `"checkouts":[{"id":"ci:1","origin":"ci"}]}`,
			head + `"incidents":[{"id":"ci:1","origin":"ci","issue_id":"ci:i","issue_version":1}]}`,
			[]string{"checkouts ci:1: only in A", "incidents ci:1: only in B"}},
		"fields": {
			tests(`,"status":"PASS","comment":"c","number":{"value":1,"unit":"s"}`),
			tests(`,"status":"FAIL","path":"p","number":{"value":2,"unit":"s"}`),
			[]string{`tests ci:t: comment: "c", `, `tests ci:t: number.value: 1, 2`, `tests ci:t: path: , "p"`, `tests ci:t: status: "PASS", "FAIL"`}},
		"values however they are written": {
			tests(`,"start_time":"2025-01-01T02:00:00+02:00","duration":1.0,"misc":{"a":[1.0,1e2,"\u00fc"],"b":{"x":null,"y":{}}}`),
			tests(`,"start_time":"2025-01-01T00:00:00Z","duration":1,"misc":{ "b":{"y":{}, "x":null}, "a":[1,100,"ü"]}`), nil},
		"large numbers": {
			tests(`,"misc":{"n":9007199254740993}`), tests(`,"misc":{"n":9007199254740992}`),
			[]string{`tests ci:t: misc.n: 9007199254740993, 9007199254740992`}},
		"types": {
			tests(`,"misc":{"n":"1"}`), tests(`,"misc":{"n":1}`), []string{`tests ci:t: misc.n: "1", 1`}},
		"null and none": {
			tests(`,"misc":{"n":null}`), tests(`,"misc":{}`), []string{`tests ci:t: misc.n: null, `}},
		"members of members": {
			tests(`,"misc":{"a":{"b":1,"c":{"d":2}},"e":3}`), tests(`,"misc":{"e":3,"a":{"c":{"d":2,"f":{}},"b":4}}`),
			[]string{`tests ci:t: misc.a.b: 1, 4`, `tests ci:t: misc.a.c.f: , {}`}},
		"the order of lists": {
			tests(`,"misc":{"n":[1,2]}`), tests(`,"misc":{"n":[2,1]}`), []string{`tests ci:t: misc.n: [1,2], [2,1]`}},
		"an environment with nothing in it":  {tests(`,"environment":{}`), tests(``), nil},
		"times of A":                         {tests(early), tests(late), []string{`tests ci:t: _timestamp: "2025-01-01T00:00:00.000001+00:00", "2025-01-02T00:00:00+00:00"`}},
		"a time lost":                        {tests(early), tests(``), []string{`tests ci:t: _timestamp: "2025-01-01T00:00:00.000001+00:00", `}},
		"a time that loading gave":           {tests(``), tests(late), nil},
		"the same twice":                     {tests(early, early), tests(early), nil},
		"the newer one wins":                 {tests(early+`,"comment":"old","path":"p"`, late+`,"comment":"new"`), tests(late + `,"comment":"new","path":"p"`), nil},
		"an older one only adds":             {tests(late+`,"comment":"new"`, early+`,"comment":"old","path":"p"`), tests(late + `,"comment":"new","path":"p"`), nil},
		"the later one wins a tie":           {tests(late+`,"comment":"1"`, late+`,"comment":"2"`), tests(late + `,"comment":"2"`), nil},
		"without a time it is the newest":    {tests(`,"comment":"now"`, late+`,"comment":"old","path":"p"`), tests(`,"comment":"now","path":"p"` + late), nil},
		"parts of an environment are merged": {tests(`,"environment":{"comment":"c"}`, `,"environment":{"misc":{"x":1}}`), tests(`,"environment":{"comment":"c","misc":{"x":1}}`), nil},
		"merged in B as well":                {tests(`,"comment":"c","path":"p"`), tests(`,"comment":"c"`, `,"path":"p"`), nil},
		"older versions of the schema": {
			`{"version":{"major":4,"minor":5},"builds":[{"id":"ci:b","origin":"ci","checkout_id":"ci:c","valid":true,"_timestamp":"2025-01-01T00:00:00.000001+00:00"}]}`,
			head + `"builds":[{"id":"ci:b","origin":"ci","checkout_id":"ci:c","status":"PASS","_timestamp":"2025-01-01T00:00:00.000001Z"}]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			comparison := New()
			defer comparison.Close()
			if diff := cmp.Diff(c.want, differences(t, comparison, c.a, c.b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFiles compares more objects than are sorted in memory, in any order and
// each object in several pieces, and checks that no file is left behind.
func TestFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const n, step = 1000, 7 // the step has no factor in common with the number
	var a, b strings.Builder
	for i := range n {
		fmt.Fprintf(&a, head+`"checkouts":[{"id":"ci:%d","origin":"ci","comment":"%[1]d"}]}`, i)
		fmt.Fprintf(&b, head+`"checkouts":[{"id":"ci:%d","origin":"ci","comment":"old"}]}`, i*step%n)
	}
	for i := range n {
		fmt.Fprintf(&a, head+`"checkouts":[{"id":"ci:%d","origin":"ci","tree_name":"t"}]}`, i*step%n)
		if i != 500 {
			fmt.Fprintf(&b, head+`"checkouts":[{"id":"ci:%d","origin":"ci","comment":"%[1]d","tree_name":"t"}]}`, i)
		}
	}
	c := New()
	c.sorter.most = 10_000
	got := differences(t, c, a.String(), b.String())
	want := []string{`checkouts ci:500: comment: "500", "old"`, `checkouts ci:500: tree_name: "t", `}
	if diff := cmp.Diff(want, got); diff != "" || c.Compared() != n {
		t.Errorf("of %d compared:\n%s", c.Compared(), diff)
	}
	if len(c.sorter.runs) < 10 {
		t.Errorf("%d files only", len(c.sorter.runs))
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
