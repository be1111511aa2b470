// SPDX-License-Identifier: Apache-2.0

package api

// matchesLike reports whether a text matches a pattern of SQL's LIKE.
func matchesLike(text, pattern string) bool {
	// The last "%" and the text that it stands for so far: without a "%", each
	// character has only one place to match.
	at, rest := -1, ""
	s, p := text, pattern
	for {
		literal, size, wildcard := likeToken(p)
		switch {
		case wildcard == '%':
			at, p, rest = len(pattern)-len(p)+1, p[1:], s
			continue
		case s == "" && p == "":
			return true
		case s != "" && p != "":
			r := firstRune(s)
			if wildcard == '_' || literal == r {
				s, p = s[len(r):], p[size:]
				continue
			}
		}
		if at < 0 || rest == "" {
			return false
		}
		rest = rest[len(firstRune(rest)):]
		s, p = rest, pattern[at:]
	}
}

// likeToken returns the first token of a pattern: a character and its length in the
// pattern, or a wildcard.
func likeToken(pattern string) (literal string, size int, wildcard byte) {
	switch {
	case pattern == "":
		return "", 0, 0
	case pattern[0] == '%', pattern[0] == '_':
		return "", 1, pattern[0]
	case pattern[0] == '\\' && len(pattern) > 1:
		literal = firstRune(pattern[1:])
		return literal, 1 + len(literal), 0
	}
	literal = firstRune(pattern)
	return literal, len(literal), 0
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}
