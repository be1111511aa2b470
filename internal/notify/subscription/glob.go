// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"
	"unicode/utf8"
)

// glob is a pattern for a text. If it is wild, "*" stands for any number of characters,
// and "?" for one.
type glob struct {
	text string
	wild bool
}

func newGlob(text string) glob { return glob{text, strings.ContainsAny(text, "*?")} }

// matches reports whether a text matches. It takes time in proportion to the product of
// both lengths at most.
func (g glob) matches(text string) bool {
	if !g.wild {
		return g.text == text
	}
	var p, t int // positions in the glob and in the text
	star, from := -1, 0
	for t < len(text) {
		switch {
		case p < len(g.text) && g.text[p] == '*':
			star, from = p, t
			p++
		case p < len(g.text) && g.text[p] == '?':
			_, size := utf8.DecodeRuneInString(text[t:])
			t += size
			p++
		case p < len(g.text) && g.text[p] == text[t]:
			t++
			p++
		case star >= 0: // the last star stands for one more character
			_, size := utf8.DecodeRuneInString(text[from:])
			from += size
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(g.text[p:], "*") == ""
}

// globs are alternatives: one of them must match.
type globs []glob

func (g globs) match(text string) bool {
	for i := range g {
		if g[i].matches(text) {
			return true
		}
	}
	return false
}

func (g globs) matchAny(texts []string) bool {
	for _, text := range texts {
		if g.match(text) {
			return true
		}
	}
	return false
}
