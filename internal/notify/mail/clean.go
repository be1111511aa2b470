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
	maxSubject = 256
	MaxBody    = 65536
)

// CleanSubject returns a text of a report as one line. White space becomes single
// spaces, other control characters become U+FFFD, and a text of more than maxSubject
// characters ends with an ellipsis.
func CleanSubject(text string) string { return line(text, maxSubject) }

// CleanBody returns a text without control characters. Each line ends with \n, and
// other control characters become U+FFFD. A text of more than MaxBody characters is
// cut, at the end of a line if one is near, and gets a last line that says how much was
// cut. The result has at most MaxBody characters. Cleaning it again changes nothing.
func CleanBody(text string) string { return CutBody(text, MaxBody) }

// CutBody is CleanBody for another number of characters. The mark takes some fifty of
// them.
func CutBody(text string, most int) string {
	text = clean(text)
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

// clean changes line ends to \n, and other control characters to U+FFFD.
func clean(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = newlines.Replace(text)
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unwanted(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// near is how far back, in bytes, a cut looks for the end of a line.
const near = 1000

func cutMark(left int) string {
	return fmt.Sprintf("[… cut here: %d more characters did not fit]\n", left)
}

// newlines turns the line ends of other systems, and those of Unicode, into \n.
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

// unwanted reports whether a character acts on the program that shows it: a control
// character, or a character that changes the direction of text, so that it reads
// differently.
func unwanted(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError ||
		r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// undecodable changes plain text in a header that looks like an encoded word, because
// decoding it would restore the characters that cleaning removed. Text beyond ASCII is
// encoded, so it needs no change.
func undecodable(text string) string {
	if !ascii(text) {
		return text
	}
	return strings.ReplaceAll(text, "=?", "= ?")
}
