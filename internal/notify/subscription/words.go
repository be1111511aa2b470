// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// words is a text in a file, with its place.
type words struct {
	text         string
	line, column int    // place where the text begins
	raw          string // the file from that place on
	quote        byte   // quotation mark around the text, 0 for none
}

// words returns the text of a value. It reports other values: a number in place of a
// text would lose its leading zeros.
func (s *source) words(e entry, n ast.Node) (words, bool) {
	p := n.GetToken().Position
	switch n := n.(type) {
	case *ast.StringNode:
		w := words{text: n.Value, line: p.Line, column: p.Column, raw: s.textFrom(p.Line, p.Column)}
		if w.raw != "" && (w.raw[0] == '"' || w.raw[0] == '\'') {
			w.quote, w.raw, w.column = w.raw[0], w.raw[1:], w.column+1
		}
		return w, true
	case *ast.LiteralNode:
		return words{text: n.Value.Value, line: p.Line + 1, column: 1, raw: s.textFrom(p.Line+1, 1)}, true
	}
	s.problemAt(n, "%s: expected text (in quotes, if it looks like something else), found %s", e.name, kindName(n))
	return words{}, false
}

// textFrom returns the file from a place on.
func (s *source) textFrom(line, column int) string {
	if s.lines == nil {
		s.lines = []int{0}
		for i := range len(s.text) {
			if s.text[i] == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	}
	if line < 1 || line > len(s.lines) {
		return ""
	}
	rest := s.text[s.lines[line-1]:]
	for range column - 1 {
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
	}
	return rest
}

// position returns the place of an offset in the file. YAML folds lines and removes
// indentation, but keeps the order of visible characters. So position finds a character
// by the number of visible characters before it.
func (w *words) position(offset int) (line, column int) {
	before := 0
	for _, r := range w.text[:min(max(offset, 0), len(w.text))] {
		if visible(r) {
			before++
		}
	}
	line, column = w.line, w.column
	for rest := w.raw; rest != ""; {
		length, shown := w.next(rest)
		if shown && before == 0 {
			return line, column
		}
		if shown {
			before--
		}
		for _, r := range rest[:length] {
			if column++; r == '\n' {
				line, column = line+1, 1
			}
		}
		rest = rest[length:]
	}
	return w.line, w.column
}

func visible(r rune) bool { return !unicode.IsSpace(r) }

// next returns the length of the first character in the file, and whether it is
// visible.
func (w *words) next(rest string) (length int, shown bool) {
	switch {
	case w.quote == '\'' && strings.HasPrefix(rest, "''"):
		return 2, true
	case w.quote == '"' && rest[0] == '\\' && len(rest) > 1:
		hex := map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
		return min(2+hex, len(rest)), !strings.ContainsRune("nrtvfNLP_ \t\n\r", rune(rest[1]))
	}
	r, size := utf8.DecodeRuneInString(rest)
	return size, visible(r)
}
