// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestDecodeAnyVersion: every valid report of any version decodes to the
// result of its upgrade, unless it cannot be upgraded, or has values that
// databases cannot keep.
func TestDecodeAnyVersion(t *testing.T) {
	decoded := 0
	for _, v := range recordedVersions() {
		for _, c := range readCases[struct {
			Name string
			Doc  json.RawMessage
		}](t, "valid-v"+v.String()+".jsonl") {
			d := parse(t, c.Doc)
			asked, _ := d.Version(latest)
			r, err := Decode(c.Doc)
			if err != nil {
				invalid, ok := errors.AsType[*Error](err)
				if !ok || validBySchema(d.Validate(latest)) && !validBySchema(invalid) {
					t.Errorf("%v: %s: %v", v, c.Name, err)
				}
				continue
			}
			decoded++
			if got, err := d.Count(); err != nil && asked != (Version{}) || asked.Major == latest.Major && got != r.Count() {
				t.Errorf("%v: %s: %d objects decoded, %d counted, %v", v, c.Name, r.Count(), got, err)
			}
			if got, err := Count(c.Doc); err != nil || got == 0 && r.Count() > 0 {
				t.Errorf("%v: %s: counted %d, %v", v, c.Name, got, err)
			}
			upgraded, err := Upgrade(c.Doc, latest)
			if err != nil {
				t.Errorf("%v: %s: %v", v, c.Name, err)
				continue
			}
			again, err := Decode(upgraded)
			if err != nil || again.Count() != r.Count() {
				t.Errorf("%v: %s: upgraded to what is not the same: %v", v, c.Name, err)
			}
		}
	}
	if decoded < 1000 {
		t.Errorf("only %d reports were decoded", decoded)
	}
}

func TestVersionsWithFractions(t *testing.T) {
	for _, version := range []string{`{"major":5,"minor":3.0}`, `{"major":5.0,"minor":30e-1}`, `{"major":4e0,"minor":5.0}`} {
		if _, err := Decode([]byte(`{"version":` + version + `}`)); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// A fault of KindUpgrade must name the object as the report's own version does.
func TestDecodeRefusesUpgrade(t *testing.T) {
	const hash = "0c3836482481200ead7b416ca80c68a29cfdaabd"
	for _, c := range []struct {
		name, text string
		want       []string
		kind       Kind
	}{
		{
			"repository without encryption",
			`{"version":{"major":3,"minor":0},"revisions":[{"id":"` + hash + `","origin":"ci","git_repository_url":"git://h/x"}]}`,
			[]string{`revisions[0] "` + hash + `"`, "/revisions/0/git_repository_url", "https://", "5.0", "git://h/x"},
			KindUpgrade,
		},
		{
			"odd path",
			`{"version":{"major":4,"minor":5},"tests":[{"id":"ci:1","origin":"ci","build_id":"ci:2","path":"a..b"}]}`,
			[]string{`tests[0] "ci:1"`, "/tests/0/path", "5.0", "a..b"},
			KindUpgrade,
		},
		{
			"NUL in a property by another name",
			`{"version":{"major":4,"minor":0},"builds":[{"id":"ci:1","origin":"ci","checkout_id":"ci:2","comment":"\u0000"}]}`,
			[]string{`builds[0] "ci:1"`, "/builds/0/comment", "NUL"},
			KindNUL,
		},
		{
			"no origin",
			`{"version":"1","revisions":[{"origin":"a","origin_id":"1"},{"origin":"","origin_id":"2"}]}`,
			[]string{`revisions[1] ":2"`, "/revisions/1/origin", "3.0"},
			KindUpgrade,
		},
		{
			"hash that is none",
			`{"version":{"major":2,"minor":0},"revisions":[{"id":"ci:1","git_repository_commit_hash":"v6.1"}]}`,
			[]string{`revisions[0] "ci:1"`, "/revisions/0", "git_commit_hash", "40", "v6.1"},
			KindUpgrade,
		},
		{"version of the future", `{"version":{"major":6,"minor":0}}`, []string{"/version", "5.2", "6"}, KindVersion},
		{"version with a fraction", `{"version":{"major":5.5,"minor":3}}`, []string{"/version", "5.5"}, KindVersion},
		{"endless version", `{"version":[` + strings.Repeat("1,", 5000) + `1]}`, []string{"/version", "[1,1,1"}, KindVersion},
		{"no version", `{}`, []string{"version"}, KindRequired},
		{"no report", `[]`, []string{"an object"}, KindType},
		{"null", `null`, []string{"an object"}, KindType},
		{"no JSON", `{`, []string{"line 1"}, KindSyntax},
	} {
		_, err := Decode([]byte(c.text))
		invalid, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%s: got %v", c.name, err)
			continue
		}
		if len(invalid.Faults) != 1 || invalid.Faults[0].Kind != c.kind {
			t.Errorf("%s: got %+v, want one of kind %s", c.name, invalid.Faults, c.kind)
		}
		if err := Validate([]byte(c.text)); (err == nil) != (c.kind == KindUpgrade) {
			t.Errorf("%s: validated: %v", c.name, err)
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not have %q", c.name, err, want)
			}
		}
	}
}

func TestFaultsOfOldVersions(t *testing.T) {
	d := parse(t, []byte(`{
		"version": {"major": 4, "minor": 0},
		"checkouts": [{"id": "ci:c", "origin": "ci", "comment": null, "valid": 1}, {}],
		"tests": [{"id": "ci:t", "origin": "ci", "build_id": "x", "status": "MISS", "log_url": "no", "stattus": "PASS",
			"misc": {"a": 1, "a": "\u0000", "b": NaN, "c/d": ["\ud800"]}, "start_time": "0001-01-01T00:00:00+01:00"}],
		"issues": []
	}`))
	want := []struct {
		kind    Kind
		pointer string
	}{
		{KindType, "/checkouts/0/comment"},
		{KindType, "/checkouts/0/valid"},
		{KindRequired, "/checkouts/1"},
		{KindRequired, "/checkouts/1"},
		{KindPattern, "/tests/0/build_id"},
		{KindEnum, "/tests/0/status"},
		{KindFormat, "/tests/0/log_url"},
		{KindUnknown, "/tests/0/stattus"},
		{KindDuplicate, "/tests/0/misc/a"},
		{KindNUL, "/tests/0/misc/a"},
		{KindNumber, "/tests/0/misc/b"},
		{KindSurrogate, "/tests/0/misc/c~1d/0"},
		{KindTime, "/tests/0/start_time"},
		{KindUnknown, "/issues"},
	}
	invalid, _ := errors.AsType[*Error](d.Validate(latest))
	if invalid == nil || len(invalid.Faults) != len(want) {
		t.Fatalf("got %v, want %d faults", invalid, len(want))
	}
	for i, f := range invalid.Faults {
		if f.Kind != want[i].kind || f.Pointer != want[i].pointer {
			t.Errorf("fault %d is %s at %s, want %s at %s", i, f.Kind, f.Pointer, want[i].kind, want[i].pointer)
		}
	}
	if f := invalid.Faults[5]; f.List != "tests" || f.Index != 0 || f.ID != "ci:t" {
		t.Errorf("got %+v, want test ci:t", f)
	}
	if f := invalid.Faults[7]; !strings.Contains(f.Expected, `"status"`) {
		t.Errorf("got %q, want the property that was meant", f.Expected)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	text := `{"version":{"major":4,"minor":5},"builds":[` + strings.Repeat("1,", 5000) + `1]}`
	invalid, _ := errors.AsType[*Error](Validate([]byte(text)))
	if invalid == nil || len(invalid.Faults) != MaxFaults || invalid.More < MaxFaults || !invalid.Stopped {
		t.Errorf("got %d faults and %d more", len(invalid.Faults), invalid.More)
	}
	deep := strings.Repeat(`[`, 1_000_000)
	if _, err := ParseDocument([]byte(deep)); err == nil {
		t.Error("a deep text is taken")
	}
	// Very many unknown members, of a report and of an object.
	var members strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&members, `"%x":1,`, i)
	}
	text = `{` + members.String() + `"version":{"major":4,"minor":5},"builds":[{` + members.String() + `"id":"ci:1"}]}`
	invalid, _ = errors.AsType[*Error](Validate([]byte(text)))
	if invalid == nil || len(invalid.Faults) != MaxFaults || invalid.More < MaxFaults || !invalid.Stopped {
		t.Errorf("got %d faults and %d more", len(invalid.Faults), invalid.More)
	}
	// The exact value of this number would fill the memory.
	if err := Validate([]byte(`{"version":{"major":4,"minor":1},"issues":[{"id":"a:b","origin":"a","version":1e999999999}]}`)); err == nil {
		t.Error("a huge number is taken")
	}
}
