// SPDX-License-Identifier: Apache-2.0

package loaded

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// TestPatterns: the lines are those of the Python tools, and name each object.
func TestPatterns(t *testing.T) {
	r := &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:c1"}},
		Builds:    []report.Build{{ID: "ci:b2"}, {ID: "ci:b1"}, {ID: "ci:with \"quotes\"; and\nlines"}},
		Tests:     []report.Test{{ID: "ci:t1"}},
		Issues:    []report.Issue{{ID: "ci:i1", Version: 2}},
		Incidents: []report.Incident{{ID: "ci:n1"}},
	}
	var texts []string
	for text, objects := range encode(r, maxText) {
		texts = append(texts, fmt.Sprint(objects, "\n", string(text)))
	}
	want := []string{"7\n>checkout[ci:c1]#\n" +
		`>build["ci:with \"quotes\"; and` + "\n" + `lines"; ci:b1; ci:b2]#` + "\n" +
		">test[ci:t1]#\n>issue_version[ci:i1, 2]#\n>incident[ci:n1]#\n"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}

// TestMessagesAreBounded: many objects make several messages, which together name each
// object once. An ID that is too long is left out.
func TestMessagesAreBounded(t *testing.T) {
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:" + strings.Repeat("x", maxID)}, {ID: "ci:c"}}}
	for i := range 1000 {
		r.Builds = append(r.Builds, report.Build{ID: fmt.Sprint("ci:\"b\\\n", i)})
		r.Tests = append(r.Tests, report.Test{ID: fmt.Sprint("ci:t", i)})
	}
	const most = 2000
	seen := map[store.Change]bool{}
	messages := 0
	for text, objects := range encode(r, most) {
		if messages++; len(text) > most {
			t.Errorf("%d bytes", len(text))
		}
		changes, err := decode(text)
		if err != nil || len(changes) != objects {
			t.Fatalf("%d of %d objects, %v", len(changes), objects, err)
		}
		for _, c := range changes {
			if seen[c] {
				t.Errorf("%v twice", c)
			}
			seen[c] = true
		}
	}
	if len(seen) != 2001 || messages < 10 {
		t.Errorf("%d objects in %d messages", len(seen), messages)
	}
	for range encode(&report.Report{}, most) {
		t.Error("a message without objects")
	}
}

// TestDecode: patterns of other programs stand for the objects that they begin with.
func TestDecode(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{">build[ci:1]#\n\n >test[ci:2; \"ci 3\"]<*#\n", "[{builds {ci:1 0}} {tests {ci 3 0}} {tests {ci:2 0}}]"},
		{">issue_version[ci:1, 3]>incident#", "[{issues {ci:1 3}}]"},
		{">incident[a]$", "[{incidents {a 0}}]"},
		{">checkout[a]>*#", "[{checkouts {a 0}}]"},
		{"", "the message has no pattern"},
		{">build[]#", "the message has no pattern"},
		{">*#", "must begin with IDs"},
		{">test#", "must begin with IDs"},
		{">revision[a, b]#", "must begin with IDs"},
		{"{}", "expected"},
		{">build[ci:1]#\n>nothing[a]#", "nothing"},
	} {
		changes, err := decode([]byte(c.text))
		var got []string
		seen := map[string]bool{}
		for _, change := range changes {
			if text := fmt.Sprintf("{%s %v}", change.List, change.Key); !seen[text] {
				seen[text] = true
				got = append(got, text)
			}
		}
		if text := fmt.Sprint(got); err == nil && text != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %s, %v; want %s", c.text, text, err, c.want)
		}
	}
}

// FuzzDecode: no message makes decode panic, and the objects it names can be published.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{">build[ci:1]#\n>issue_version[a, 1]<*#", ">*#", "\x00", ">test[\"\\\"\"]$"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		changes, err := decode(text)
		if err == nil && len(changes) == 0 {
			t.Error("neither changes nor an error")
		}
	})
}
