// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most characters of a subject and of a body.
const (
	MaxSubject = 256
	MaxBody    = 65536
)

// CleanSubject makes one line of the text, which comes out of reports and so
// from anybody: whitespace becomes single spaces, what is not to be shown
// becomes U+FFFD, and what is over MaxSubject characters an ellipsis.
func CleanSubject(text string) string { return line(text, MaxSubject) }

// CleanBody makes the text one that can be shown: its lines end with \n, the
// last one too, and what is not to be shown becomes U+FFFD. Where it is longer
// than MaxBody characters it is cut, at the end of a line if one is near, and a
// last line says how much is left out; the whole then has MaxBody characters at
// most. Cleaning twice changes nothing more.
func CleanBody(text string) string { return CutBody(text, MaxBody) }

// CutBody cleans a body that has less room: so many characters, of which the mark
// takes some fifty.
func CutBody(text string, most int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = newlines.Replace(text)
	text = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unwanted(r) {
			return utf8.RuneError
		}
		return r
	}, text)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	total := utf8.RuneCountInString(text)
	if total <= most {
		return text
	}
	// The number in the mark is at most total, so that much room is enough.
	kept := prefix(text, max(most-len(cutMark(total))-1, 0))
	if i := strings.LastIndexByte(kept, '\n'); i > len(kept)-near {
		kept = kept[:i]
	}
	return kept + "\n" + cutMark(total-utf8.RuneCountInString(kept))
}

// near is how far back, in bytes, the end of a line is looked for when cutting.
const near = 1000

func cutMark(left int) string {
	return fmt.Sprintf("[… cut here: %d more characters did not fit]\n", left)
}

// newlines makes the ends of lines of other systems, and Unicode's own, \n.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// line is CleanSubject for any number of characters.
func line(text string, most int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = newlines.Replace(text)
	text = strings.Join(strings.Fields(text), " ")
	text = strings.Map(func(r rune) rune {
		if unwanted(r) {
			return utf8.RuneError
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > most {
		text = strings.TrimRight(prefix(text, most-1), " ") + "…"
	}
	return text
}

// prefix returns the first n characters.
func prefix(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// unwanted tells characters that do something to whatever shows them: control
// characters, and those that turn the direction of the text around them, so that
// it reads as what it is not.
func unwanted(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError ||
		r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// undecodable takes care that plain text in a header is not taken for an encoded
// word: that would bring back what cleaning has taken out. Text beyond ASCII is
// encoded itself, and so out of danger.
func undecodable(text string) string {
	if !ascii(text) {
		return text
	}
	return strings.ReplaceAll(text, "=?", "= ?")
}
