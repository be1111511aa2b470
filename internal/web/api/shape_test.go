// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// shapes are named shapes of JSON, as wantShape knows them. Those of one subject
// only stand in its tests, and are added there.
var shapes = map[string]string{
	"StatusCount":          `{"PASS": "count", "FAIL": "count", "ERROR": "count", "SKIP": "count", "MISS": "count", "DONE": "count", "NULL": "count"}`,
	"LowerCaseStatusCount": `{"pass": "count", "fail": "count", "error": "count", "skip": "count", "miss": "count", "done": "count", "null": "count"}`,
	"SuffixedStatusCount": `{"pass_count": "count", "fail_count": "count", "error_count": "count", "skip_count": "count", "miss_count": "count",
		"done_count": "count", "null_count": "count"}`,
	"VerdictCount": `{"PASS": "count", "FAIL": "count", "INCONCLUSIVE": "count"}`,
	"Issue":        `{"id": "str", "version": "count", "comment": "str?", "report_url": "str?", "incidents_info": "StatusCount"}`,
	"BuildItem": `{"id": "str", "origin": "str", "architecture": "str?", "config_name": "str?", "misc": "obj", "config_url": "str?", "compiler": "str?",
		"status": "status", "duration": "num?", "log_url": "str?", "start_time": "ts?", "git_repository_url": "str?", "git_repository_branch": "str?"}`,
	"TestItem": `{"id": "str", "origin": "str", "status": "status", "duration": "num?", "path": "str?", "start_time": "ts?",
		"environment_compatible": ["str"]?, "config": "str?", "log_url": "str?", "architecture": "str?", "compiler": "str?",
		"environment_misc": {"platform": "str?"}, "lab": "str?", "misc?": "obj"}`,
	"Incident": `{"first_seen": "ts?", "git_commit_hash": "str?", "git_repository_url": "str?", "git_repository_branch": "str?", "git_commit_name": "str?",
		"tree_name": "str?", "issue_version": "count?", "checkout_id": "str?"}`,
	"File": `{"name": "str", "url": "str"}`,
}

// wantShape checks that a value, as encoding/json makes it of a body, has a shape.
// Shapes are written like the JSON they are of, with the names of types for values:
//
//	{"id": "str", "origin": "str?", "n": "int", "tags": ["str"]?, "m": {"*": "count"}, "d?": "num"}
//
// Types are str, int, num, bool, ts (a time), count (an int of 0 or more), status
// (PASS and so on, or NULL), obj (any object), any, and the names in shapes. All
// members must be there, and no others; "*" stands for members of any names. One
// whose name ends in ? may be missing; a type that ends in ?, or is followed by
// one, may be null.
func wantShape(t testing.TB, value any, shape string) {
	t.Helper()
	for _, problem := range shapeFaults(value, shape) {
		t.Error(problem)
	}
}

// shapeFaults returns faults of a value, at most as many as a person would read.
func shapeFaults(value any, shape string) []string {
	c := shapeChecker{}
	c.check("", value, parseShape(shape))
	return c.problems
}

// form is a shape that was read.
type form struct {
	name    string // of a type, "{" or "["
	null    bool
	element *form
	members map[string]*form
}

func parseShape(text string) *form {
	p := shapeParser{text}
	f := p.form()
	if p.rest != "" {
		panic("shape goes on: " + p.rest)
	}
	return f
}

type shapeParser struct{ rest string }

// take cuts a token off, after spaces.
func (p *shapeParser) take(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \n\t"), token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *shapeParser) must(token string) {
	if !p.take(token) {
		panic(fmt.Sprintf("shape: expected %s before %.80s", token, p.rest))
	}
}

func (p *shapeParser) text() string {
	p.must(`"`)
	text, rest, ok := strings.Cut(p.rest, `"`)
	if !ok {
		panic("shape: unfinished text")
	}
	p.rest = rest
	return text
}

func (p *shapeParser) form() *form {
	f := &form{}
	switch {
	case p.take("{"):
		f.name, f.members = "{", make(map[string]*form)
		for !p.take("}") {
			name := p.text()
			p.must(":")
			f.members[name] = p.form()
			p.take(",")
		}
	case p.take("["):
		f.name, f.element = "[", p.form()
		p.must("]")
	default:
		f.name, f.null = strings.CutSuffix(p.text(), "?")
	}
	f.null = p.take("?") || f.null
	return f
}

type shapeChecker struct{ problems []string }

func (c *shapeChecker) wrong(at string, value any, want string) {
	if at == "" {
		at = "."
	}
	if len(c.problems) < 10 {
		text, _ := json.Marshal(value)
		c.problems = append(c.problems, fmt.Sprintf("%s: %.200s, want %s", at, text, want))
	}
}

func (c *shapeChecker) check(at string, value any, f *form) {
	if value == nil {
		if !f.null && f.name != "any" {
			c.wrong(at, value, f.name)
		}
		return
	}
	switch f.name {
	case "{":
		c.object(at, value, f.members)
	case "[":
		list, ok := value.([]any)
		if !ok {
			c.wrong(at, value, "a list")
		}
		for i, element := range list {
			c.check(fmt.Sprintf("%s[%d]", at, i), element, f.element)
		}
	default:
		if shape, ok := shapes[f.name]; ok {
			c.check(at, value, parseShape(shape))
		} else if !isA(value, f.name) {
			c.wrong(at, value, f.name)
		}
	}
}

func (c *shapeChecker) object(at string, value any, members map[string]*form) {
	object, ok := value.(map[string]any)
	if !ok {
		c.wrong(at, value, "an object")
		return
	}
	known := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		plain, optional := strings.CutSuffix(name, "?")
		known[plain] = true
		inner, there := object[plain]
		switch {
		case there:
			c.check(at+"."+plain, inner, members[name])
		case !optional && name != "*":
			c.wrong(at+"."+plain, nil, "it to be there")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch others := members["*"]; {
		case known[name]:
		case others != nil:
			c.check(at+"."+name, object[name], others)
		default:
			c.wrong(at+"."+name, object[name], "it not to be there")
		}
	}
}

func isA(value any, name string) bool {
	text, isText := value.(string)
	number, isNumber := value.(float64)
	switch name {
	case "any":
		return true
	case "str":
		return isText
	case "ts":
		_, err := time.Parse(time.RFC3339Nano, text)
		return isText && err == nil
	case "status":
		return slices.Contains([]string{"PASS", "FAIL", "ERROR", "SKIP", "MISS", "DONE", "NULL"}, text)
	case "num":
		return isNumber
	case "int":
		return isNumber && number == math.Trunc(number)
	case "count":
		return isNumber && number == math.Trunc(number) && number >= 0
	case "bool":
		_, ok := value.(bool)
		return ok
	case "obj":
		_, ok := value.(map[string]any)
		return ok
	}
	panic("no such type: " + name)
}

func TestShapes(t *testing.T) {
	for _, tt := range []struct{ value, shape, want string }{
		{`{"id": "a", "n": 1}`, `{"id": "str", "origin?": "str", "n": "int"}`, ""},
		{`{"id": null, "tags": null, "m": {"x": 1}}`, `{"id": "str?", "tags": ["str"]?, "m": {"*": "count"}}`, ""},
		{`[["a", 1], ["b", null]]`, `[["any"]]`, ""},
		{`{"id": "a"}`, `{}`, `.id: "a", want it not to be there`},
		{`{}`, `{"id": "str?"}`, `.id: null, want it to be there`},
		{`[{"s": "GOOD"}]`, `[{"s": "status"}]`, `[0].s: "GOOD", want status`},
		{`{"m": {"x": -1}}`, `{"m": {"*": "count"}}`, `.m.x: -1, want count`},
		{`{"at": "yesterday"}`, `{"at": "ts?"}`, `.at: "yesterday", want ts`},
		{`null`, `{"at": "ts?"}`, `.: null, want {`},
		{`{"PASS": 1, "FAIL": 0}`, `"VerdictCount"`, `.INCONCLUSIVE: null, want it to be there`},
	} {
		var value any
		if err := json.Unmarshal([]byte(tt.value), &value); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(shapeFaults(value, tt.shape), "; "); got != tt.want {
			t.Errorf("%s as %s: %s, want %s", tt.value, tt.shape, got, tt.want)
		}
	}
}
