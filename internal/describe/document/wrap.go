// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strings"
	"unicode/utf8"
)

// maxWord is the most characters of a word. It is the length of the longest URL that
// programs take.
const maxWord = 2000

// WrapLines breaks a text at spaces into lines of at most width characters. A word is
// never broken, because a URL must stay whole, but cut after 2,000 characters. Each line
// is indented like the text.
func WrapLines(text string, width int) []string {
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	if len(indent) > width/2 {
		indent = ""
	}
	var lines []string
	line, length := indent, len(indent)
	empty := true
	for _, word := range strings.Fields(text) {
		word = Cut(word, maxWord)
		n := utf8.RuneCountInString(word)
		switch {
		case empty:
			line, length = line+word, length+n
		case length+1+n <= width:
			line, length = line+" "+word, length+1+n
		default:
			lines = append(lines, line)
			line, length = indent+word, len(indent)+n
		}
		empty = false
	}
	return append(lines, line)
}

// Wrap breaks the lines of a text that have more than 72 characters.
func Wrap(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, WrapLines(line, Width)...)
	}
	return strings.Join(lines, "\n")
}

// Indent puts spaces before each line that is not blank. It puts at most 40, because
// users' templates may ask for any number.
func Indent(spaces int, text string) string {
	indent := strings.Repeat(" ", min(max(spaces, 0), 40))
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(indent)
		}
		b.WriteString(line)
	}
	return b.String()
}

// Cut returns at most n characters of a text. A text that was cut ends with "...".
func Cut(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	count := 0
	for i := range text {
		if count == max(n-3, 0) {
			return strings.TrimRight(text[:i], " ") + "..."
		}
		count++
	}
	return text
}
