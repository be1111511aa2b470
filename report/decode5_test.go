// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readLines calls do with each line of a file of JSON values.
func readLines[T any](tb testing.TB, name string, do func(T)) {
	tb.Helper()
	file, err := os.Open(filepath.Join("testdata", "golden", name))
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line T
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		do(line)
	}
	if lines.Err() != nil {
		tb.Fatal(lines.Err())
	}
}

// ofSchema returns the faults against the schema.
func ofSchema(err *Error) []Fault {
	if err == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(err.Faults), func(f Fault) bool { return !f.Kind.OfSchema() })
}

// decodeAs decodes a report by the rules of a version, and ignores the version in it.
func decodeAs(text []byte, v Version) (*Report, *Error) {
	_, r, err := decode(context.Background(), text, v, true, nil)
	if err == nil {
		return r, nil
	}
	return nil, err.(*Error)
}

func TestDecode5Golden(t *testing.T) {
	type line struct {
		Name  string
		Doc   json.RawMessage
		Valid bool
	}
	for _, v := range recordedVersions() {
		if v.Major != 5 {
			continue
		}
		for _, kind := range []string{"valid", "invalid"} {
			readLines(t, fmt.Sprintf("%s-v%v.jsonl", kind, v), func(l line) {
				r, err := decodeAs(l.Doc, v)
				if valid := len(ofSchema(err)) == 0; valid != l.Valid {
					t.Errorf("%v %s: valid: %v, want %v\n%s\n%v", v, l.Name, valid, l.Valid, l.Doc, err)
				}
				if (r == nil) == (err == nil) {
					t.Errorf("%v %s: not one of a report and an error: %v, %v", v, l.Name, r, err)
				}
			})
		}
	}
}

func TestDecode5Raw(t *testing.T) {
	type line struct {
		Name, Text string
		Parses     bool
		Valid      *bool
	}
	readLines(t, "raw.jsonl", func(l line) {
		_, err := decodeAs([]byte(l.Text), latest)
		parses := err == nil || err.Faults[0].Kind != KindSyntax
		if parses != l.Parses {
			t.Errorf("%s: parses: %v, want %v: %v", l.Name, parses, l.Parses, err)
		}
		if valid := len(ofSchema(err)) == 0; l.Valid != nil && valid != *l.Valid {
			t.Errorf("%s: valid: %v, want %v: %v", l.Name, valid, *l.Valid, err)
		}
	})
}

func TestDecode5Faults(t *testing.T) {
	const head = `{"version":{"major":5,"minor":3},`
	for _, test := range []struct {
		name, text string
		want       []string // a line for each fault, with its kind
	}{
		{"no fault", head + `"tests":[]}`, nil},
		{"empty", "", []string{`syntax: expected a JSON value, found the end of the text in line 1, column 1`}},
		{"no object", "[]", []string{`type: expected an object, found an array`}},
		{"trailing", head + "\"tests\":[]}\nx", []string{`syntax: expected nothing after the report, found 'x' in line 2, column 1`}},
		{"invalid UTF-8", head + "\"tests\":[{\"id\":\"\xff\"}]}", []string{`syntax: expected UTF-8, found the byte 0xFF in line 1, column 50`}},
		{"no version", `{}`, []string{`required: expected a property "version", found none`}},
		{"all at once", head + `"tests":[{"id":"ci:1","origin":"ci","build_id":"ci:2"},{"id":"ci:3","origin":"CI","status":"OK","pth":"a","duration":null}]}`, []string{
			`pattern: tests[1] "ci:3" at /tests/1/origin: expected the name of a CI system: lower-case letters, digits and "_", found "CI"`,
			`enum: tests[1] "ci:3" at /tests/1/status: expected one of FAIL, ERROR, MISS, PASS, DONE, SKIP, found "OK"`,
			`unknown: tests[1] "ci:3" at /tests/1/pth: expected no such property (did you mean "path"?), found "a"`,
			`type: tests[1] "ci:3" at /tests/1/duration: expected a number, found null (leave out unknown values)`,
			`required: tests[1] "ci:3" at /tests/1: expected a property "build_id", found none`,
		}},
		{"NUL in misc", head + `"issues":[{"id":"ci:1","origin":"ci","version":1,"misc":{"a":[{"b~/\u0000":1}]}}]}`, []string{
			`nul: issues[0] "ci:1" at "/issues/0/misc/a/0/b~0~1\x00": expected text without NUL characters, found "b~/\x00"`,
		}},
		{"last one wins", head + `"builds":7,"builds":[{"id":7,"id":"ci:1","origin":"ci","checkout_id":"ci:1"}],"builds":[]}`, []string{
			`duplicate: at /builds: expected each property once, found it twice`,
			`duplicate: builds[0] "ci:1" at /builds/0/id: expected each property once, found it twice`,
		}},
		{"half a pair", head + `"checkouts":[{"id":"ci:1","origin":"ci","comment":"\ud83d"}]}`, []string{
			`surrogate: checkouts[0] "ci:1" at /checkouts/0/comment: expected both halves of each UTF-16 surrogate pair, found "` + "\uFFFD" + `"`,
		}},
		{"NaN", head + `"builds":[{"id":"ci:1","origin":"ci","checkout_id":"ci:1","duration":NaN}]}`, []string{
			`number: builds[0] "ci:1" at /builds/0/duration: expected a number within the range of double precision, found NaN`,
		}},
		{"large version", head + `"issues":[{"id":"ci:1","origin":"ci","version":2147483648}]}`, []string{
			`number: issues[0] "ci:1" at /issues/0/version: expected at most 2147483647, which databases can keep, found 2147483648`,
		}},
		{"year 10000", head + `"tests":[{"id":"ci:1","origin":"ci","build_id":"ci:1","start_time":"9999-12-31T23:59:59-01:00"}]}`, []string{
			`time: tests[0] "ci:1" at /tests/0/start_time: expected a time in the years 1 to 9999 UTC, found "9999-12-31T23:59:59-01:00"`,
		}},
		{"endless name", head + `"` + strings.Repeat("x", 1000) + `":1}`, []string{
			`unknown: at /` + strings.Repeat("x", maxName) + `: expected no such property (anything of your own may go under "misc"), found 1`,
		}},
		{"too deep", head + `"tests":[{"misc":` + strings.Repeat("[", 100000), []string{
			`depth: at /tests/0: expected at most 512 levels of objects and arrays, found more`,
		}},
	} {
		_, err := decodeAs([]byte(test.text), latest)
		var got []string
		if err != nil {
			for _, f := range err.Faults {
				got = append(got, string(f.Kind)+": "+f.String())
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestPeekVersion(t *testing.T) {
	for _, test := range []struct {
		text string
		want Version
		ok   bool
	}{
		{`{"version":{"major":5,"minor":3},`, Version{5, 3}, true},
		{` { "tests" : [{"a":"}\"]"}, 1] , "x":1e3, "version" : { "minor" : 1 , "major" : 4 } }`, Version{4, 1}, true},
		{`{"version":{"major":5}}`, Version{5, 0}, true},
		{`{"version":{"major":5.0}}`, Version{}, false},
		{`{"version":{"major":5e0}}`, Version{}, false},
		{`{"version":{"major":true}}`, Version{}, false},
		{`{"version":{"major":-1}}`, Version{}, false},
		{`{"version":{"minor":1}}`, Version{}, false},
		{`{"version":{"major":5,"major":5}}`, Version{}, false},
		{`{"version":{"major":5,"x":5}}`, Version{}, false},
		{`{"version":"1"}`, Version{}, false},
		{`{"version":{"major":5`, Version{}, false},
		{`{"v\u0065rsion":{"major":5}}`, Version{}, false},
		{`{"tests":[]}`, Version{}, false},
		{`{"version"`, Version{}, false},
		{`{`, Version{}, false},
		{``, Version{}, false},
		{`[]`, Version{}, false},
	} {
		got, ok := peekVersion([]byte(test.text))
		if got != test.want || ok != test.ok {
			t.Errorf("%s: %v, %v, want %v, %v", test.text, got, ok, test.want, test.ok)
		}
	}
}
