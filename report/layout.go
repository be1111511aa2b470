// SPDX-License-Identifier: Apache-2.0

package report

const (
	// maxLevels is how many levels are laid out in lines. Values that are nested deeper stay
	// on one line: no person reads it, and spaces before each value of a misc of 512
	// levels would be a thousand times its text.
	maxLevels = 16
	// laidOut is how much text is formatted before it is written.
	laidOut = 256 << 10
)

// layout adds spaces to JSON text that comes in pieces. A piece ends with a
// value, a bracket or a comma.
type layout struct {
	indent int // spaces per level; 0 writes one line without spaces
	depth  int
	opened bool // whether the last character was an opening bracket
}

// append appends a piece. A text that is not JSON gives some text, and no
// error.
func (l *layout) append(dst, json []byte) []byte {
	for len(json) > 0 {
		var n int
		dst, n = l.appendSome(dst, json)
		json = json[n:]
	}
	return dst
}

// appendSome appends the beginning of a piece, until dst has laidOut bytes or the
// piece ends. It returns how many bytes of the piece it appended.
func (l *layout) appendSome(dst, json []byte) ([]byte, int) {
	end := max(laidOut, len(dst)+1)
	i := 0
	for i < len(json) && len(dst) < end {
		c := json[i]
		if isSpace(c) {
			i++
			continue
		}
		closing := c == '}' || c == ']'
		if closing {
			l.depth = max(l.depth-1, 0)
		}
		switch {
		case l.opened == closing: // an empty object or array, or after a comma or a colon
		case closing && l.depth == maxLevels: // the end of a value that is on one line
		default: // before a first value, or after a last one
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
	return dst, i
}

// newline begins a line at the current depth.
func (l *layout) newline(dst []byte) []byte {
	if l.indent == 0 || l.depth > maxLevels {
		return dst
	}
	dst = append(dst, '\n')
	for range l.depth * l.indent {
		dst = append(dst, ' ')
	}
	return dst
}
