// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A value that databases change or cannot index is refused with a fault
// that says the bound; up to the bound it is taken.
func TestBounds(t *testing.T) {
	long := func(n int) string { return "ci:" + strings.Repeat("a", n-3) }
	url := func(n int) string { return "https://h/" + strings.Repeat("a", n-10) }
	for _, test := range []struct {
		list, property string
		good, bad      string // as JSON
		kind           Kind
		expected       string // part of Fault.Expected
	}{
		{"checkouts", "id", quote(long(1024)), quote(long(1025)), KindSize, "at most 1024 bytes"},
		{"checkouts", "origin", quote(strings.Repeat("a", 1024)), quote(strings.Repeat("a", 1025)), KindSize, "1024"},
		{"checkouts", "tree_name", quote(long(1024)), quote(long(1025)), KindSize, "1024"},
		{"checkouts", "git_repository_branch", quote(strings.Repeat("é", 512)), quote(strings.Repeat("é", 512) + "a"), KindSize, "1024"},
		{"checkouts", "git_repository_url", quote(url(1024)), quote(url(1025)), KindSize, "1024"},
		{"checkouts", "git_commit_tags", "[" + quote(long(1024)) + "]", `["a",` + quote(long(1025)) + "]", KindSize, "1024"},
		{"builds", "checkout_id", quote(long(1024)), quote(long(1025)), KindSize, "1024"},
		{"tests", "build_id", quote(long(1024)), quote(long(1025)), KindSize, "1024"},
		{"tests", "path", quote(strings.Repeat("a", 1024)), quote(strings.Repeat("a", 1025)), KindSize, "1024"},
		{"incidents", "issue_id", quote(long(1024)), quote(long(1025)), KindSize, "1024"},
		{"incidents", "test_id", quote(long(1024)), quote(long(1025)), KindSize, "1024"},
		{"incidents", "build_id", quote(long(1024)), quote(long(1025)), KindSize, "1024"},

		{"issues", "misc", `{"a":` + quote(strings.Repeat("b", maxMisc-8)) + `}`, `{"a":` + quote(strings.Repeat("b", maxMisc-7)) + `}`, KindSize, "1048576 bytes"},
		{"tests", "environment", `{"misc":{"a":1}}`, `{"misc":{"a":[` + strings.Repeat("1,", maxMisc/2) + `1]}}`, KindSize, "1048576 bytes"},

		{"builds", "duration", `9007199254740992`, `9007199254740993`, KindNumber, "to the last digit"},
		{"builds", "duration", `-9007199254740994`, `-9007199254740993`, KindNumber, "to the last digit"},
		{"tests", "duration", `590295810358705700000`, `590295810358705700001`, KindNumber, "to the last digit"},
		{"tests", "number", `{"value":1e308}`, `{"value":1e309}`, KindNumber, "double precision"},
		{"tests", "number", `{"value":18446744073709552000}`, `{"value":18446744073709551615}`, KindNumber, "to the last digit"},
		{"tests", "number", `{"value":5e-324}`, `{"value":1e-324}`, KindNumber, "double precision"},
		{"tests", "number", `{"value":0e999}`, `{"value":0e1000}`, KindNumber, "double precision"},
		{"tests", "number", `{"value":0.1000000000000000055511151231257827}`, `{"value":0.` + strings.Repeat("1", 5000) + `}`, KindNumber, "double precision"},
		{"tests", "misc", `{"a":[9007199254740993,1e308]}`, `{"a":[1e-20000]}`, KindNumber, "double precision"},
		{"issues", "version", `2147483647`, `2147483648`, KindNumber, "2147483647"},
		{"tests", "start_time", `"0001-01-01T00:00:00Z"`, `"0001-01-01T00:00:00+00:01"`, KindTime, "years 1 to 9999"},
		{"tests", "start_time", `"9999-12-31T23:59:59.999999Z"`, `"9999-12-31T23:59:59-00:01"`, KindTime, "years 1 to 9999"},
	} {
		if _, err := Decode(reportWith(test.list, test.property, test.good)); err != nil {
			t.Errorf("%s of %s %.80s: %.300v", test.property, test.list, test.good, err)
		}
		_, err := Decode(reportWith(test.list, test.property, test.bad))
		invalid, _ := errors.AsType[*Error](err)
		if invalid == nil || len(invalid.Faults) != 1 {
			t.Errorf("%s of %s %.80s: got %.300v, want a fault", test.property, test.list, test.bad, err)
			continue
		}
		f := invalid.Faults[0]
		if f.Kind != test.kind || f.Kind.OfSchema() || !strings.Contains(f.Expected, test.expected) ||
			!strings.HasPrefix(f.Pointer, "/"+test.list+"/0/"+test.property) || len(f.String()) > 500 {
			t.Errorf("%s of %s %.80s: got %+v", test.property, test.list, test.bad, f)
		}
	}
}

func quote(s string) string { return `"` + s + `"` }

// reportWith returns a report of one object, valid except perhaps for one
// property.
func reportWith(list, property, value string) []byte {
	object := map[string]string{"id": `"ci:1"`, "origin": `"ci"`}
	switch list {
	case "builds":
		object["checkout_id"] = `"ci:1"`
	case "tests":
		object["build_id"] = `"ci:1"`
	case "issues":
		object["version"] = `1`
	case "incidents":
		object["issue_id"], object["issue_version"] = `"ci:1"`, `1`
	}
	object[property] = value
	var members []string
	for name, value := range object {
		members = append(members, fmt.Sprintf("%q:%s", name, value))
	}
	return reportOf(latest, fmt.Sprintf(`"%s":[{%s}]`, list, strings.Join(members, ",")))
}

// TestMiscIsText: numbers in misc are kept to the letter.
func TestMiscIsText(t *testing.T) {
	const misc = `{"a":9007199254740993,"b":1e308,"c":-0.0,"d":1.10,"e":123456789012345678901234567890,"f":"\u0041"}`
	r, err := Decode(reportWith("tests", "misc", misc))
	if err != nil || string(r.Tests[0].Misc) != misc {
		t.Errorf("got %s, %v", r.Tests[0].Misc, err)
	}
}

// The parts of an ID in an old report may be short enough, although the ID is too long.
func TestOldIDsAreBounded(t *testing.T) {
	half := strings.Repeat("a", 600)
	for _, text := range []string{
		string(reportOf(Version{1, 1}, `"tests":[{"origin":"`+half+`","origin_id":"`+half+`","build_origin":"ci","build_origin_id":"1"}]`)),
		string(reportOf(Version{3, 0}, `"revisions":[{"origin":"`+strings.Repeat("a", 1000)+`","id":"0c3836482481200ead7b416ca80c68a29cfdaabd"}]`)),
		string(reportOf(Version{4, 5}, `"tests":[{"origin":"ci","id":"ci:`+strings.Repeat("a", 1020)+`","build_id":"ci:1","waived":true}]`)),
	} {
		_, err := Decode([]byte(text))
		if invalid, _ := errors.AsType[*Error](err); invalid == nil || invalid.Faults[0].Kind != KindUpgrade || !strings.Contains(err.Error(), "1024 bytes") {
			t.Errorf("got %.200v", err)
		}
		if _, err := Upgrade([]byte(text), latest); err == nil && !strings.Contains(text, `"major":1`) {
			t.Errorf("upgraded: %.100s", text)
		}
	}
}

func TestManyNames(t *testing.T) {
	var names strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&names, `"%d":1,`, i)
	}
	for _, test := range []struct {
		last  string
		again bool
	}{{"20000", false}, {"7", true}, {"9", true}, {"19999", true}, {`\u0031\u0032`, true}, {`\u0078`, false}} {
		err := Validate(reportWith("tests", "misc", `{`+names.String()+`"`+test.last+`":1}`))
		invalid, _ := errors.AsType[*Error](err)
		if again := invalid != nil && invalid.Faults[0].Kind == KindDuplicate; again != test.again {
			t.Errorf("%s at last: %v", test.last, err)
		}
	}
}
