// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile is how many bytes a file may have.
const maxFile = 1 << 20

// source is a YAML file while it is read, with its problems.
type source struct {
	file     string
	text     string
	lines    []int // beginnings of lines in the text, nil before they are needed
	problems []Problem
}

// The most problems of a file, and bytes of a problem. Parsers list everything that
// they would have accepted.
const (
	maxProblems = 20
	maxProblem  = 400
)

func (s *source) problem(line, column int, format string, args ...any) {
	if len(s.problems) == maxProblems {
		return
	}
	text := fmt.Sprintf(format, args...)
	s.problems = append(s.problems, Problem{File: s.file, Line: line, Column: column, Text: cut(text, maxProblem)})
}

// problemAt reports a problem with a node.
func (s *source) problemAt(n ast.Node, format string, args ...any) {
	p := n.GetToken().Position
	s.problem(p.Line, p.Column, format, args...)
}

// cut shortens a text to a number of bytes, and marks that with "...".
func cut(text string, length int) string {
	const mark = "..."
	if len(text) <= length {
		return text
	}
	text = text[:length-len(mark)]
	for !utf8.ValidString(text) && len(text) > 0 {
		text = text[:len(text)-1]
	}
	return text + mark
}

// entry is a key of a mapping with its value.
type entry struct {
	name  string
	key   ast.Node
	value ast.Node
}

// read returns the keys of the file, or nil and a problem if it cannot be read. The
// YAML library panics for some files, which is a problem of the file too.
func (s *source) read() (entries []entry) {
	defer func() {
		if r := recover(); r != nil {
			s.problem(0, 0, "cannot be read as YAML: %v", r)
			entries = nil
		}
	}()
	if len(s.text) > maxFile {
		s.problem(0, 0, "longer than %d bytes", maxFile)
		return nil
	}
	if !utf8.ValidString(s.text) {
		s.problem(0, 0, "is not UTF-8")
		return nil
	}
	if nestsTooDeep(s.text) {
		s.problem(0, 0, "has lists within lists within lists")
		return nil
	}
	file, err := parser.ParseBytes([]byte(s.text), 0)
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		p := syntax.GetToken().Position
		s.problem(p.Line, p.Column, "%s", syntax.GetMessage())
		return nil
	} else if err != nil {
		s.problem(0, 0, "%v", err)
		return nil
	}
	found := false
	for _, doc := range file.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
			continue
		}
		if found {
			s.problemAt(doc.Body, "a second document: only one is allowed")
			return nil
		}
		found = true
		entries = s.mapping(doc.Body)
	}
	if !found {
		s.problem(0, 0, "is empty")
	}
	return entries
}

// nestsTooDeep reports whether brackets are nested more than 200 deep, which no person
// writes, before the library recurses as deep. Brackets in texts count too.
func nestsTooDeep(text string) bool {
	const most = 200
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			if depth++; depth > most {
				return true
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return false
}

// mapping returns the keys of a mapping, without duplicates.
func (s *source) mapping(n ast.Node) []entry {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		s.problemAt(n, "expected lines of KEY: VALUE, found %s", kindName(n))
		return nil
	}
	var entries []entry
	seen := map[string]bool{}
	for _, v := range values {
		e := entry{v.Key.GetToken().Value, v.Key, v.Value}
		if seen[e.name] {
			s.problemAt(e.key, "a second key %q", e.name)
			continue
		}
		seen[e.name] = true
		if _, tag := e.value.(*ast.TagNode); tag {
			s.problemAt(e.value, "%s: a text that begins with ! must be in quotes", e.name)
			e.value = nil // the library took the value for the tag
		}
		entries = append(entries, e)
	}
	return entries
}

// kindName returns the name of a kind of node, for people.
func kindName(n ast.Node) string { return strings.ToLower(n.Type().YAMLName()) }

// nearestName returns ": did you mean ...?" with the name that is the fewest edits away, or
// "" if each name is far away.
func nearestName(names []string, name string) string {
	best, least := "", min(max(2, len(name)/3)+1, len(name))
	for _, n := range names {
		if d := levenshtein.ComputeDistance(n, name); 0 < d && d < least { // an equal name is valid in another place
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}
