// SPDX-License-Identifier: Apache-2.0

package report

// layout spaces JSON text that comes in pieces, a piece ending with a value, a
// bracket or a comma.
type layout struct {
	indent int // spaces per level; 0 is one line without any space
	depth  int
	opened bool // whether the last character was an opening bracket
}

// append appends a piece. Text that is not JSON comes out as some text.
func (l *layout) append(dst, json []byte) []byte {
	for i := 0; i < len(json); {
		c := json[i]
		if isSpace(c) {
			i++
			continue
		}
		closing := c == '}' || c == ']'
		if closing {
			l.depth = max(l.depth-1, 0)
		}
		if l.opened != closing { // a first value, or the end behind a last one
			dst = l.newline(dst)
		}
		l.opened = false
		n := 1
		switch c {
		case '"':
			n = stringLength(json[i:])
		case '{', '[':
			l.depth++
			l.opened = true
		}
		dst = append(dst, json[i:i+n]...)
		i += n
		switch {
		case c == ':' && l.indent > 0:
			dst = append(dst, ' ')
		case c == ',':
			dst = l.newline(dst)
		}
	}
	return dst
}

// newline begins a line, at the current depth.
func (l *layout) newline(dst []byte) []byte {
	if l.indent == 0 {
		return dst
	}
	dst = append(dst, '\n')
	for range l.depth * l.indent {
		dst = append(dst, ' ')
	}
	return dst
}
