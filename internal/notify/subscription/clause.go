// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
)

// Clause is a condition of a subscription: a selector, or a part of its expression
// that must hold with the others.
type Clause struct {
	Text  string // as it is in the file
	Held  bool
	Found string // value that a selector compared; "" for an expression
	Err   error  // of the expression or of the database
}

// Explain returns the conditions, and which of them an object meets. It evaluates each
// condition, even after the object failed to meet another.
func (s *Subscription) Explain(ctx context.Context, in *Input) ([]Clause, error) {
	if typeOf(in.Object) != s.typ {
		return []Clause{{Text: "on: " + string(s.On), Found: string(in.Object.Ref().Type)}}, nil
	}
	clauses := []Clause{{Text: "on: " + string(s.On), Held: true, Found: string(s.On)}}
	for i := range s.selectors {
		selector := &s.selectors[i]
		c := Clause{Text: selector.String()}
		if c.Held, c.Err = selector.matches(in); c.Err == nil {
			c.Found, c.Err = selector.quotedValues(in)
		}
		clauses = append(clauses, c)
	}
	if s.match == nil {
		return clauses, ctx.Err()
	}
	for _, text := range s.match.clauses {
		c := Clause{Text: oneLine(text)}
		// A part of a valid expression is valid.
		part := (&source{}).compile("match", s.On, cel.BoolType, words{text: text})
		if part == nil {
			c.Err = fmt.Errorf("cannot be evaluated by itself")
		} else {
			c.Held, c.Err = part.isTrue(ctx, in)
		}
		clauses = append(clauses, c)
	}
	return clauses, ctx.Err()
}

// maxReason is the most bytes of the reason in a mail.
const maxReason = 300

// Reason says in short what the subscription matches. Recipients read it in their
// mails.
func (s *Subscription) Reason(*Input) string {
	var all []string
	for i := range s.selectors {
		all = append(all, s.selectors[i].reason())
	}
	selected := strings.Join(all, " and ")
	if s.match == nil {
		return cut(selected, maxReason)
	}
	if selected != "" {
		selected += "; "
	}
	return cut(selected+oneLine(s.match.words.text), maxReason)
}

// String returns the selector as in the file.
func (s *selector) String() string { return s.describe(": ") }

// reason says "its NAME is ...".
func (s *selector) reason() string { return "its " + s.describe(" is ") }

func (s *selector) describe(is string) string {
	if s.place == nil {
		return s.name + is + s.globs.String()
	}
	var all []string
	for _, name := range placeNames {
		if g := s.place[name]; g != nil {
			all = append(all, name+is+g.String())
		}
	}
	return strings.Join(all, ", ")
}

// String returns the globs in quotes.
func (g globs) String() string {
	quoted := make([]string, len(g))
	for i := range g {
		quoted[i] = fmt.Sprintf("%q", g[i].text)
	}
	return strings.Join(quoted, " or ")
}

// oneLine puts a text on one line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// split returns the parts of an expression that && joins. An expression with || or ?
// outside brackets is one part.
func split(text string) []string {
	var parts []string
	from := 0
	for at, operator := range operatorsIn(text) {
		switch operator {
		case "||", "?":
			return []string{strings.TrimSpace(text)}
		case "&&":
			parts = append(parts, strings.TrimSpace(text[from:at]))
			from = at + len(operator)
		}
	}
	return append(parts, strings.TrimSpace(text[from:]))
}

// commented reports whether an expression has a comment.
func commented(text string) bool {
	for _, operator := range operatorsIn(text) {
		if operator == "//" {
			return true
		}
	}
	return false
}

// operatorsIn yields the positions of &&, || and ? outside brackets, and of // where a
// comment begins.
func operatorsIn(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		depth := 0
		for i := 0; i < len(text); {
			rest := text[i:]
			switch c := text[i]; {
			case strings.HasPrefix(rest, "//"):
				if !yield(i, "//") {
					return
				}
				i += lineLength(rest)
				continue
			case c == '"' || c == '\'':
				raw := i > 0 && strings.ContainsRune("rR", rune(text[i-1]))
				i += quoted(rest, raw)
				continue
			case strings.ContainsRune("([{", rune(c)):
				depth++
			case strings.ContainsRune(")]}", rune(c)):
				depth--
			case depth == 0 && (strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||")):
				if !yield(i, rest[:2]) {
					return
				}
				i++
			case depth == 0 && c == '?':
				if !yield(i, "?") {
					return
				}
			}
			i++
		}
	}
}

func lineLength(text string) int {
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		return end + 1
	}
	return len(text)
}

// quoted returns the length of the quoted text at the beginning.
func quoted(text string, raw bool) int {
	quote := text[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(text, triple) {
		quote = triple
	}
	for i := len(quote); i < len(text); i++ {
		switch {
		case text[i] == '\\' && !raw:
			i++
		case strings.HasPrefix(text[i:], quote):
			return i + len(quote)
		}
	}
	return len(text)
}
