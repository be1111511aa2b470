// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"path/filepath"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"github.com/goccy/go-yaml/ast"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/object"
)

// Limits of a subscription.
const (
	maxName       = 64
	maxAbout      = 1000 // bytes
	maxRecipients = 100  // to, cc and bcc together
	maxTexts      = 1000 // of a selector
)

// keys are the keys of a file, in the order of the documentation.
var keys = []string{
	"name", "about", "private", "on", "select", "match", "id", "to", "cc", "bcc",
	"wait", "at_most", "budget", "subject", "body", "via",
}

// Parse reads a subscription from the text of a file. It returns a subscription, or at
// least one problem. It does not check that webhooks exist.
func Parse(file string, text []byte, opts Options) (*Subscription, []Problem) {
	src := &source{file: file, text: string(text)}
	s := src.subscription(opts)
	if len(src.problems) > 0 {
		return nil, src.problems
	}
	return s, nil
}

// subscription reads the file as a subscription. The result is valid only without
// problems.
func (s *source) subscription(opts Options) *Subscription {
	entries := s.read()
	if len(s.problems) > 0 {
		return nil
	}
	found := map[string]entry{}
	for _, e := range entries {
		if !slices.Contains(keys, e.name) {
			s.problemAt(e.key, "unknown key %q%s", e.name, nearestName(keys, e.name))
			continue
		}
		found[e.name] = e
	}
	out := &Subscription{File: s.file}
	s.name(out, found["name"])
	out.About = s.optional(found, "about", maxAbout).text
	out.Private = s.boolean(found["private"])
	for _, r := range []struct {
		key string
		to  *[]string
	}{{"to", &out.To}, {"cc", &out.Cc}, {"bcc", &out.Bcc}} {
		*r.to = s.addresses(found[r.key])
	}
	if n := len(out.To) + len(out.Cc) + len(out.Bcc); n > maxRecipients {
		s.problem(0, 0, "%d recipients: the limit is %d", n, maxRecipients)
	}
	out.Wait = s.duration(found["wait"])
	out.AtMost = s.duration(found["at_most"])
	if e := found["at_most"]; e.value != nil && out.AtMost < out.Wait {
		s.problemAt(e.value, "at_most: less than wait")
	}
	out.Budget = s.count(found["budget"])
	s.readRoutes(out, found["via"])
	if s.readType(out, found["on"]) {
		s.conditions(out, found)
		s.templates(out, found, opts)
	}
	return out
}

var namePattern = lazyregexp.New(`^[a-z0-9][a-z0-9._-]*$`)

// name reads the name. Without a name the subscription has the name of the file.
func (s *source) name(out *Subscription, e entry) {
	out.Name, _ = trimEnding(filepath.Base(s.file))
	line, column := 0, 0
	if e.value != nil {
		w, ok := s.words(e, e.value)
		if !ok {
			return
		}
		out.Name = w.text
		line, column = w.line, w.column
	}
	if !namePattern().MatchString(out.Name) || len(out.Name) > maxName {
		s.problem(line, column, "name: %q is not a name: expected up to %d of a-z, 0-9, '.', '_' and '-', the first a letter or a digit",
			cut(out.Name, maxName), maxName)
	}
}

// readType reads the type of the objects. It returns false without a valid type.
func (s *source) readType(out *Subscription, e entry) bool {
	names := make([]string, len(object.Types()))
	for i, t := range object.Types() {
		names[i] = string(t)
	}
	if e.value == nil {
		s.problem(0, 0, "on: missing: expected one of %s", strings.Join(names, ", "))
		return false
	}
	w, ok := s.words(e, e.value)
	if !ok {
		return false
	}
	if out.On = object.Type(w.text); !out.On.Known() {
		s.problem(w.line, w.column, "on: unknown type %q of objects: expected one of %s", w.text, strings.Join(names, ", "))
		return false
	}
	out.typ = kinds[out.On].typ
	return true
}

// conditions reads select, match and id.
func (s *source) conditions(out *Subscription, found map[string]entry) {
	if e := found["select"]; e.value != nil {
		out.selectors = s.selectors(out.On, e)
	}
	if e := found["match"]; e.value != nil {
		out.match = s.expression(e, out.On, cel.BoolType)
	}
	if e := found["id"]; e.value != nil {
		out.id = s.expression(e, out.On, cel.StringType)
	}
	if found["match"].value == nil && len(out.selectors) == 0 && len(s.problems) == 0 {
		s.problem(0, 0, `neither select nor match: write match: "true" to match everything`)
	}
}

// expression reads an expression. It keeps folded lines as they are in the file,
// because a comment ends with its line.
func (s *source) expression(e entry, on object.Type, result *cel.Type) *expression {
	w, ok := s.words(e, e.value)
	if !ok {
		return nil
	}
	if block, ok := e.value.(*ast.LiteralNode); ok {
		w.text = block.Value.GetToken().Origin
	} else if commented(w.text) {
		s.problem(w.line, w.column, `%s: a comment needs lines of its own: write the expression behind "|"`, e.name)
		return nil
	}
	return s.compile(e.name, on, result, w)
}
