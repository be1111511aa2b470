// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/object"
)

func TestParse(t *testing.T) {
	s, problems := Parse("folder/stable-rc.yaml", []byte(`
about: for us
on: revision
select:
  repository: "*/linux.git"
  branch: [a, b*]
match: >
  object.builds.done
id: '"x"'
to: [Stable <stable@Example.org>]
cc: a@example.org
wait: 90m
at_most: 2d
budget: 20
via: [mail, "webhook:ops", feed]
`), Options{})
	if s == nil {
		t.Fatal(problems)
	}
	if s.Name != "stable-rc" || s.About != "for us" || s.On != object.TypeRevision || !s.Mail || !s.Feed ||
		s.Wait != 90*time.Minute || s.AtMost != 48*time.Hour || s.Budget != 20 {
		t.Errorf("got %+v", s)
	}
	if diff := cmp.Diff([][]string{{`"Stable" <stable@example.org>`}, {"a@example.org"}, nil, {"ops"}}, [][]string{s.To, s.Cc, s.Bcc, s.Hooks}); diff != "" {
		t.Error(diff)
	}
	want := `repository is "*/linux.git", branch is "a" or "b*"; object.builds.done`
	if got := s.Reason(nil); got != "its "+want {
		t.Errorf("reason %q", got)
	}
}

// fileAbout returns a correct file with more lines at its end.
func fileAbout(on, lines string) string {
	return "on: " + on + "\nto: [a@example.org]\n" + lines
}

func TestProblems(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, and takes most of a minute under the race detector")
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "a.yaml: is empty"},
		{"syntax", "on: [", "a.yaml:1:5: sequence end token ']' not found"},
		{"a tag", fileAbout("test", "match: !created\n"), "a.yaml:3:8: match: a text that begins with ! must be in quotes"},
		{"not a mapping", "- a\n", "a.yaml:1:1: expected lines of KEY: VALUE, found sequence"},
		{"two documents", fileAbout("test", "match: 'true'\n---\na: b\n"), "a.yaml:5:2: a second document: only one is allowed"},
		{"unknown key", fileAbout("test", "match: 'true'\nsubjekt: x\n"), `a.yaml:4:1: unknown key "subjekt": did you mean "subject"?`},
		{"second key", fileAbout("test", "match: 'true'\nmatch: 'true'\n"), `a.yaml:4:1: mapping key "match" already defined at [3:1]`},
		{"no type", "to: [a@example.org]\nmatch: 'true'\n", "a.yaml: on: missing: expected one of revision, checkout, build, test, issue, issue_version, incident"},
		{"unknown type", "on: tests\nto: [a@example.org]\nmatch: 'true'\n", `a.yaml:1:5: on: unknown type "tests" of objects: expected one of revision, checkout, build, test, issue, issue_version, incident`},
		{"no condition", fileAbout("test", ""), `a.yaml: neither select nor match: write match: "true" to match everything`},
		{"empty select", fileAbout("test", "select: {}\n"), `a.yaml: neither select nor match: write match: "true" to match everything`},
		{"nobody", "on: test\nmatch: 'true'\n", "a.yaml: no recipients: expected addresses in to, cc or bcc, or feed or a webhook in via"},
		{"name", fileAbout("test", "match: 'true'\nname: Big\n"), `a.yaml:4:7: name: "Big" is not a name: expected up to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or a digit`},
		{"number", fileAbout("test", "match: 'true'\nname: 12\n"), "a.yaml:4:7: name: expected text (in quotes, if it looks like something else), found int"},
		{"null", fileAbout("test", "match: 'true'\nabout:\n"), "a.yaml:4:8: about: expected text (in quotes, if it looks like something else), found null"},
		{"anchor", fileAbout("test", "match: &a 'true'\n"), "a.yaml:3:8: match: expected text (in quotes, if it looks like something else), found anchor"},
		{"address", "on: test\nto: [a@example.org, \"b\"]\nmatch: 'true'\n", `a.yaml:2:22: to: "b" is not an address: it has no @`},
		{"recipients", "on: test\nmatch: 'true'\nto: [" + strings.Repeat("a@example.org, ", 101) + "]\n", "a.yaml: 101 recipients: the limit is 100"},
		{"wait", fileAbout("test", "match: 'true'\nwait: soon\n"), `a.yaml:4:7: wait: "soon" is not a time to wait: expected 30m, 3h or 2d, for example`},
		{"negative wait", fileAbout("test", "match: 'true'\nwait: -1h\n"), `a.yaml:4:7: wait: "-1h" is not a time to wait: expected 30m, 3h or 2d, for example`},
		{"at most", fileAbout("test", "match: 'true'\nwait: 3h\nat_most: 1h\n"), "a.yaml:5:10: at_most: less than wait"},
		{"budget", fileAbout("test", "match: 'true'\nbudget: many\n"), "a.yaml:4:9: budget: expected a whole number, 0 for no limit"},
		{"private", fileAbout("test", "match: 'true'\nprivate: yes\n"), "a.yaml:4:10: private: expected true or false"},
		{"via", fileAbout("test", "match: 'true'\nvia: [mail, chat]\n"), `a.yaml:4:13: via: unknown route "chat": expected mail, feed or webhook:NAME`},
		{"via without mail", fileAbout("test", "match: 'true'\nvia: feed\n"), "a.yaml:4:6: via: to, cc or bcc have recipients, but mail is missing"},
		{"mail without recipients", "on: test\nmatch: 'true'\nvia: [mail]\n", "a.yaml:3:6: via: mail without recipients in to, cc or bcc"},

		{"unknown selector", fileAbout("test", "select:\n  pathh: a\n"), `a.yaml:4:3: select: unknown key "pathh": did you mean "path"?`},
		{"selector of another type", fileAbout("revision", "select:\n  path: a\n"), "a.yaml:4:3: select: path does not go with on: revision, only with test, incident"},
		{"selector without text", fileAbout("test", "select:\n  path: []\n"), "a.yaml:4:3: select: path: expected at least one text"},
		{"selector with a number", fileAbout("test", "select:\n  path: [a, 6.12]\n"), "a.yaml:4:13: path: expected text (in quotes, if it looks like something else), found float"},
		{"status", fileAbout("test", "select: {now: [FAIL, fail]}\n"), `a.yaml:3:22: select: now: "fail" is not one of FAIL, ERROR, MISS, PASS, DONE, SKIP, none`},
		{"culprit", fileAbout("issue", "select: {culprit: kernel}\n"), `a.yaml:3:19: select: culprit: "kernel" is not one of code, tool, harness`},

		{"field", fileAbout("test", "match: object.paht == 'x'\n"), `a.yaml:3:14: match: there is no field "paht" here: did you mean "path"?`},
		{"type", fileAbout("test", "match: object.path == 1\n"), "a.yaml:3:20: match: found no matching overload for '_==_' applied to '(string, int)'"},
		{"no bool", fileAbout("test", "match: object.path\n"), "a.yaml:3:8: match: must be bool, and is string"},
		{"misc is dynamic", fileAbout("test", "match: object.misc.a\n"), "a.yaml:3:8: match: must be bool, and is dyn"},
		{"id is no text", fileAbout("test", "match: 'true'\nid: created\n"), "a.yaml:4:5: id: must be string, and is bool"},
		{"quoted", fileAbout("test", "match: \"object.path == \\\"a\\\" &&\\n  object.x\"\n"), `a.yaml:3:42: match: there is no field "x" here`},
		{"single quotes", fileAbout("test", "match: 'object.path == ''a'' && object.x'\n"), `a.yaml:3:39: match: there is no field "x" here`},
		{"folded", fileAbout("test", "match: >-\n  object.path == 'ä' &&\n\n     object.x # y\n"), "a.yaml:6:15: match: Syntax error: token recognition error at: '#'\na.yaml:6:17: match: Syntax error: extraneous input 'y' expecting <EOF>"},
		{"literal", fileAbout("test", "match: |\n  created && // why\n    object.x.y\n"), `a.yaml:5:11: match: there is no field "x" here`},
		{"plain lines", fileAbout("test", "match: created &&\n  object.x\n"), `a.yaml:4:9: match: there is no field "x" here`},
		{"comment", fileAbout("test", "match: created // && false\n"), `a.yaml:3:8: match: a comment needs lines of its own: write the expression behind "|"`},
		{"long", fileAbout("test", "match: '"+strings.Repeat(" ", maxExpression)+"true'\n"), "a.yaml:3:9: match: longer than 10000 characters"},
		{"makes", fileAbout("test", "match: kcidb.Test{} == object\n"), "a.yaml:3:8: match: must not make objects"},
		{"nested macros", fileAbout("test", "match: '[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))'\n"), "a.yaml:3:49: match: comprehension exceeds nesting limit"},

		{"template", fileAbout("test", "match: 'true'\nbody: |\n  a\n  {{if .x}\n"), `a.yaml:6: body: bad character U+007D '}'`},
		{"template field", fileAbout("test", "match: 'true'\nbody: |\n  a\n  b {{.Object.Paht}}\n"), `a.yaml:6:14: body: {{.Object.Paht}}: there is no Paht in graph.Test: did you mean "Path"?`},
		{"template field not reached", fileAbout("revision", "match: 'true'\nbody: '{{range .Object.Builds.List}}{{if .Log}}{{.Bootloader}}{{end}}{{end}}'\n"), `a.yaml:4:50: body: {{.Bootloader}}: there is no Bootloader in graph.Build`},
		{"template variable", fileAbout("revision", "match: 'true'\nsubject: '{{range $i, $b := .Object.Builds.List}}{{$b.Checkout.X}}{{end}}'\n"), `a.yaml:4:54: subject: {{$b.Checkout.X}}: there is no X in graph.Checkout`},
		{"template function", fileAbout("test", "match: 'true'\nsubject: '{{frob 1}}'\n"), `a.yaml:4: subject: function "frob" not defined`},
		{"no template", fileAbout("test", "match: 'true'\nsubject: '{{template \"x\" .}}'\n"), `a.yaml:4:22: subject: {{template "x" .}}: template "x" not defined`},
		{"endless template", fileAbout("test", "match: 'true'\nbody: '{{range 1000000000}}{{end}}'\n"), `a.yaml:4: body: more than 1000000 steps`},
		{"nested loops", fileAbout("test", "match: 'true'\nbody: '"+strings.Repeat("{{range 2}}", 30)+strings.Repeat("{{end}}", 30)+"'\n"), "a.yaml: templates: more than 20 loops within each other"},
		{"long body", fileAbout("test", "match: 'true'\nbody: '{{range 300000}}x{{end}}'\n"), `a.yaml:4: body: longer than 262144 bytes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, problems := Parse("a.yaml", []byte(c.text), Options{})
			if s != nil {
				t.Error("there is a subscription")
			}
			var lines []string
			for _, p := range problems {
				lines = append(lines, fmt.Sprint(p))
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Files that are made to take long are read, or refused, in little time.
func TestParseIsBounded(t *testing.T) {
	blocks := ""
	for i := range 1400 {
		blocks += strings.Repeat(" ", i) + "a:\n"
	}
	expression := func(text string) string { return fileAbout("test", "match: '"+text+"'\n") }
	body := func(text string) string { return fileAbout("test", "match: 'true'\nbody: '"+text+"'\n") }
	for name, text := range map[string]string{
		"too long":           strings.Repeat("#", maxFile+1),
		"lists":              strings.Repeat("[", maxFile),
		"mappings":           blocks,
		"entries":            strings.Repeat("- ", 20_000),
		"keys":               strings.Repeat("#\na: b\n", 100_000),
		"selector":           fileAbout("test", "select:\n  path:\n"+strings.Repeat("  - "+strings.Repeat("a", 900)+"\n", 1000)),
		"brackets":           expression(strings.Repeat("(", 4900) + "created" + strings.Repeat(")", 4900)),
		"conditions":         expression(strings.Repeat("created ? created : ", 480) + "created"),
		"macros":             expression(strings.Repeat("[1].all(a,", 900)),
		"regular expression": expression(`object.path.matches("((a{1,30}){1,30}){1,30}")`),
		"blocks":             body(strings.Repeat("{{if .}}", 20_000) + strings.Repeat("{{end}}", 20_000)),
		"loops":              body(strings.Repeat("{{range 2}}", 10_000) + strings.Repeat("{{end}}", 10_000)),
		"pipes":              body("{{1" + strings.Repeat("|print", 40_000) + "}}"),
		"templates":          body(`{{define "x"}}` + strings.Repeat("{{range 2}}", 20) + `{{template "x" .}}` + strings.Repeat("{{end}}", 20) + `{{end}}{{template "x" .}}`),
	} {
		start := cpuTime(t)
		Parse("a.yaml", []byte(text), Options{})
		if took := cpuTime(t) - start; took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
