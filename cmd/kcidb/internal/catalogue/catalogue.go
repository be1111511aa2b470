// SPDX-License-Identifier: Apache-2.0

// Package catalogue reads catalogues of tests: YAML files with the names that CI
// systems have agreed on for the first components of test paths. Each key is a
// test, with a title, a home page, and an optional description.
package catalogue

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// MaxBytes is the maximum length of a catalogue. The kernel community's
// catalogue has 13 kB.
const MaxBytes = 1 << 20

// maxProblems is the number of problems reported for a catalogue.
const maxProblems = 100

// Test is an entry of a catalogue.
type Test struct {
	Name        string
	Title       string
	Description string // may be ""
	Home        string // the URL of the home page
	home        ast.Node
}

// Problem is a problem of a catalogue and its place. Line and Column count
// from 1; both are 0 if the problem concerns the whole catalogue.
type Problem struct {
	Line, Column int
	Message      string
}

// String returns the problem with its place.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
}

// reader reads a catalogue.
type reader struct{ problems []Problem }

func (r *reader) problemAt(n ast.Node, format string, args ...any) {
	r.problems = append(r.problems, problemAt(n, format, args...))
}

func problemAt(n ast.Node, format string, args ...any) Problem {
	at := n.GetToken().Position
	return Problem{at.Line, at.Column, fmt.Sprintf(format, args...)}
}

// Read returns the tests of a catalogue in the order of the text, and the
// problems of the text. The tests are useful only if there are no problems.
func Read(text []byte) (tests []Test, problems []Problem) {
	// The library has been seen to panic.
	defer func() {
		if v := recover(); v != nil {
			tests, problems = nil, []Problem{{Message: fmt.Sprintf("cannot be read as YAML: %v", v)}}
		}
	}()
	switch {
	case len(text) > MaxBytes:
		return nil, []Problem{{Message: fmt.Sprintf("longer than %d bytes", MaxBytes)}}
	case !utf8.Valid(text):
		return nil, []Problem{{Message: "is not UTF-8"}}
	case tooDeep(text):
		return nil, []Problem{{Message: "has brackets within brackets within brackets"}}
	}
	file, err := parser.ParseBytes(text, 0)
	if syntax, ok := errors.AsType[yaml.Error](err); ok {
		at := syntax.GetToken().Position
		return nil, []Problem{{at.Line, at.Column, syntax.GetMessage()}}
	} else if err != nil {
		return nil, []Problem{{Message: err.Error()}}
	}
	var r reader
	found := false
	for _, doc := range file.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
			continue
		}
		if found {
			r.problemAt(doc.Body, "a second document: there must be one only")
			break
		}
		found = true
		tests = r.tests(doc.Body)
	}
	if !found {
		r.problems = append(r.problems, Problem{Message: "the catalogue is empty"})
	}
	if len(r.problems) > maxProblems {
		more := fmt.Sprintf("and %d more problems", len(r.problems)-maxProblems)
		r.problems = append(r.problems[:maxProblems], Problem{Message: more})
	}
	return tests, r.problems
}

// tooDeep reports whether brackets are nested deeper than in any real catalogue.
// Real catalogues have no brackets; the limit protects the library, which
// recurses as deep as they go.
func tooDeep(text []byte) bool {
	const most = 50
	depth := 0
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > most {
			return true
		}
	}
	return false
}

// entries returns the keys and values of a mapping. The parser has already refused
// duplicate keys.
func (r *reader) entries(n ast.Node, expected string) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	r.problemAt(n, "expected %s, found %s", expected, kind(n))
	return nil
}

func kind(n ast.Node) string { return strings.ToLower(n.Type().YAMLName()) }

// validName matches the valid names of tests.
var validName = lazyregexp.New(`^[a-zA-Z0-9_-]+$`)

func (r *reader) tests(n ast.Node) (all []Test) {
	for _, e := range r.entries(n, "tests by their names") {
		name, ok := e.Key.(*ast.StringNode)
		switch {
		case !ok:
			r.problemAt(e.Key, "expected the name of a test, found %s: put it in quotes", kind(e.Key))
			continue
		case !validName().MatchString(name.Value):
			r.problemAt(e.Key, "test %q: a name has letters, digits, _ and - only", name.Value)
		}
		all = append(all, r.test(e.Key, name.Value, e.Value))
	}
	return all
}

// test returns a test, whose name is at key.
func (r *reader) test(key ast.Node, name string, n ast.Node) Test {
	t := Test{Name: name}
	if n == nil || n.Type() == ast.NullType {
		r.problemAt(key, "test %q: expected its title and home", name)
		return t
	}
	before := len(r.problems)
	given := make(map[string]bool)
	for _, e := range r.entries(n, fmt.Sprintf("the title and home of test %q", name)) {
		field := e.Key.GetToken().Value
		given[field] = true
		text, ok := textOf(e.Value)
		switch field {
		case "title":
			t.Title = text
		case "description":
			t.Description = text
		case "home":
			t.Home, t.home = text, e.Value
		default:
			r.problemAt(e.Key, "test %q: unknown key %q: a test has a title, a home, and maybe a description", name, field)
			continue
		}
		if !ok {
			r.problemAt(e.Key, "test %q: %s: expected text, found %s: put it in quotes", name, field, kind(e.Value))
			continue
		}
		r.value(e.Value, name, field, text)
	}
	for _, field := range []string{"title", "home"} {
		if !given[field] && len(r.problems) == before {
			r.problemAt(key, "test %q: expected a key %q, found none", name, field)
		}
	}
	return t
}

// textOf returns the text of a scalar value, and false for other values.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

// value checks the text of a field.
func (r *reader) value(n ast.Node, name, field, text string) {
	switch field {
	case "title":
		if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' }) {
			r.problemAt(n, "test %q: title: expected a single line", name)
		}
	case "home":
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" || strings.ContainsAny(text, " \t\r\n") {
			r.problemAt(n, "test %q: home: expected a URL, found %.200q", name, text)
		}
	}
}
