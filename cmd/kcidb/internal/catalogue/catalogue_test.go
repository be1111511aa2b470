// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const valid = `# Tests
ltp:
  title: Linux Test Project test suite
  home: https://linux-test-project.github.io
redhat_amtu:
  title: Red Hat's Abstract Machine Test Utility
  description: |
    Checks whether the hardware
    protects what it has to.
  home: "http://example.org/a?b=c#d"
"12": {title: "", home: "git://example.org/12"}
`

func TestRead(t *testing.T) {
	got, problems := Read([]byte(valid))
	want := []Test{
		{Name: "ltp", Title: "Linux Test Project test suite", Home: "https://linux-test-project.github.io"},
		{Name: "redhat_amtu", Title: "Red Hat's Abstract Machine Test Utility",
			Description: "Checks whether the hardware\nprotects what it has to.\n", Home: "http://example.org/a?b=c#d"},
		{Name: "12", Home: "git://example.org/12"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Test{})); diff != "" || len(problems) > 0 {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	if got, problems := Read([]byte("{}")); len(got)+len(problems) > 0 {
		t.Errorf("without tests: %v, %v", got, problems)
	}
}

// TestProblems expects each problem with its place.
func TestProblems(t *testing.T) {
	const rest = ", title: t, home: http://x}"
	for text, want := range map[string]string{
		"":                                  "the catalogue is empty",
		"# nothing\n":                       "the catalogue is empty",
		"- ltp":                             "line 1, column 1: expected tests by their names, found sequence",
		"ltp":                               "line 1, column 1: expected tests by their names, found string",
		"a: {b":                             "line 1, column 5: could not find flow map content",
		"ltp: *x":                           `line 1, column 6: expected the title and home of test "ltp", found alias`,
		"ltp:\nboot:\n":                     `line 1, column 1: test "ltp": expected its title and home`,
		"ltp: Linux Tests\n":                `line 1, column 6: expected the title and home of test "ltp", found string`,
		"ltp:\n  title: t\n":                `line 1, column 1: test "ltp": expected a key "home", found none`,
		"ltp: {}":                           `line 1, column 1: test "ltp": expected a key "title", found none`,
		"l.tp: {description: d" + rest:      `line 1, column 1: test "l.tp": a name has letters, digits, _ and - only`,
		"12: {description: d" + rest:        `line 1, column 1: expected the name of a test, found int: put it in quotes`,
		"ltp: {hme: d" + rest:               `line 1, column 7: test "ltp": unknown key "hme": a test has a title, a home, and maybe a description`,
		"ltp: {description: 5" + rest:       `line 1, column 7: test "ltp": description: expected text, found int: put it in quotes`,
		"ltp: {title: [a], home: http://x}": `line 1, column 7: test "ltp": title: expected text, found sequence: put it in quotes`,
		"ltp:\n  title: |\n    t\n  home: http://x":  `line 2, column 10: test "ltp": title: expected a single line`,
		"ltp:\n  title: \"a\\nb\"\n  home: http://x": `line 2, column 10: test "ltp": title: expected a single line`,
		"ltp:\n  title: t\n  home: example.org":      `line 3, column 9: test "ltp": home: expected a URL, found "example.org"`,
		"ltp:\n  title: t\n  home: http://a b":       `line 3, column 9: test "ltp": home: expected a URL, found "http://a b"`,
		"ltp:\n  title: t\n  title: t\n":             `line 3, column 3: mapping key "title" already defined at [2:3]`,
		"ltp: {title: t, home: http://x}\n---\nb: 1": `line 3, column 2: a second document: there must be one only`,
		"a\xff: 1":               "is not UTF-8",
		strings.Repeat("[", 100): "has brackets within brackets within brackets",
		"ltp: # " + strings.Repeat("long ", MaxBytes/5): fmt.Sprintf("longer than %d bytes", MaxBytes),
	} {
		_, problems := Read([]byte(text))
		if len(problems) == 0 || problems[0].String() != want {
			t.Errorf("%.60q: got %q, want %q", text, problems, want)
		}
	}
}

// TestManyProblems expects the first of many problems.
func TestManyProblems(t *testing.T) {
	var text strings.Builder
	for i := range 3 * maxProblems {
		fmt.Fprintf(&text, "t%d: 1\n", i)
	}
	_, problems := Read([]byte(text.String()))
	if len(problems) != maxProblems+1 || problems[maxProblems].String() != "and 200 more problems" {
		t.Errorf("%d problems, at last %v", len(problems), problems[len(problems)-1])
	}
}

func FuzzRead(f *testing.F) {
	f.Add(valid)
	f.Add("a: {title: [x], home: *y}\n---\n? b\n")
	f.Fuzz(func(t *testing.T, text string) {
		tests, problems := Read([]byte(text))
		if len(problems) > maxProblems+1 {
			t.Errorf("%d problems", len(problems))
		}
		for _, test := range tests {
			if len(problems) == 0 && (!validName().MatchString(test.Name) || test.Home == "" || strings.Contains(test.Title, "\n")) {
				t.Errorf("%+v is taken for valid", test)
			}
		}
	})
}
