// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriter(t *testing.T) {
	r := &Report{Tests: []Test{}, Issues: []Issue{{ID: "ci:1", Origin: "ci", Misc: json.RawMessage(`{"a":[{},"{\"}"]}`)}}}
	for _, test := range []struct {
		writer Writer
		want   string
	}{
		{Writer{}, latestHead + `,"tests":[],"issues":[{"id":"ci:1","version":0,"origin":"ci","misc":{"a":[{},"{\"}"]}}]}` + "\n"},
		{Writer{Seq: true}, "\x1e" + latestHead + `,"tests":[],"issues":[{"id":"ci:1","version":0,"origin":"ci","misc":{"a":[{},"{\"}"]}}]}` + "\n"},
		{Writer{Indent: 2}, fmt.Sprintf(`{
  "version": {
    "major": %d,
    "minor": %d
  },
`, latest.Major, latest.Minor) + `  "tests": [],
  "issues": [
    {
      "id": "ci:1",
      "version": 0,
      "origin": "ci",
      "misc": {
        "a": [
          {},
          "{\"}"
        ]
      }
    }
  ]
}
`},
	} {
		var whole, parts, raw bytes.Buffer
		w := test.writer
		w.w = &whole
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, whole.String()); diff != "" {
			t.Errorf("Write (-want +got):\n%s", diff)
		}
		w.w = &parts
		if err := w.WriteParts(sequence(&Report{Tests: []Test{}}, &Report{}, &Report{Issues: r.Issues})); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, parts.String()); diff != "" {
			t.Errorf("WriteParts (-want +got):\n%s", diff)
		}
		w.w = &raw
		if err := w.WriteRaw(whole.Bytes()[strings.IndexByte(whole.String(), '{'):]); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, raw.String()); diff != "" {
			t.Errorf("WriteRaw (-want +got):\n%s", diff)
		}
	}
}

// sequence returns reports as parts.
func sequence(parts ...*Report) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		for _, r := range parts {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestWriteParts(t *testing.T) {
	one, two := []Test{{ID: "ci:1"}}, []Test{{ID: "ci:2"}}
	for _, test := range []struct {
		name  string
		parts iter.Seq2[*Report, error]
		want  string
		err   string
	}{
		{"none", sequence(), "", ""},
		{"empty", sequence(&Report{}), latestHead + "}\n", ""},
		{"a list in two", sequence(&Report{Tests: one}, &Report{Tests: two, Issues: []Issue{}}),
			latestHead + `,"tests":[{"id":"ci:1","origin":"","build_id":""},{"id":"ci:2","origin":"","build_id":""}],"issues":[]}` + "\n", ""},
		{"out of order", sequence(&Report{Tests: one}, &Report{Builds: []Build{}}), "*", "write a report: a part with builds came after one with tests"},
		{"error", func(yield func(*Report, error) bool) { yield(nil, errors.New("no luck")) }, "", "no luck"},
	} {
		var b bytes.Buffer
		err := NewWriter(&b).WriteParts(test.parts)
		if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%s: error %v, want %q", test.name, err, test.err)
		}
		if b.String() != test.want && test.want != "*" {
			t.Errorf("%s: got %s, want %s", test.name, b.String(), test.want)
		}
	}
}
