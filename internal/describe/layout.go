// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	width  = 72 // characters of a line, where it is ours
	column = 14 // where the values of fields begin
)

// wrap breaks a text at spaces into lines of a number of characters. What has no
// space stays whole, as URLs must, if it is not longer than a URL may be.
func wrap(text string, most int) []string {
	if utf8.RuneCountInString(text) <= most {
		return []string{text}
	}
	start := text[:len(text)-len(strings.TrimLeft(text, " "))] // keep what is indented so
	if len(start) > most/2 {
		start = ""
	}
	var lines []string
	now, n := start, len(start)
	empty := true
	for _, word := range strings.Fields(text) {
		word = cut(word, maxURL)
		long := utf8.RuneCountInString(word)
		switch {
		case empty:
			now, n = now+word, n+long
		case n+1+long <= most:
			now, n = now+" "+word, n+1+long
		default:
			lines = append(lines, now)
			now, n = start+word, len(start)+long
		}
		empty = false
	}
	return append(lines, now)
}

// indent puts spaces before every line that has anything in it: 40 at most, for
// templates ask for any number.
func indent(spaces int, text string) string {
	spaces = min(max(spaces, 0), 40)
	var b strings.Builder
	for l := range strings.Lines(text) {
		if strings.TrimSpace(l) != "" {
			b.WriteString(strings.Repeat(" ", spaces))
		}
		b.WriteString(l)
	}
	return b.String()
}

// field writes a line "NAME: VALUE", and more lines below the value if it is long
// or several. Without a value it writes nothing.
func field(name string, values ...any) string {
	var b strings.Builder
	label := name + ":"
	for _, value := range values {
		var texts []string
		switch value := value.(type) {
		case []string:
			texts = value
		default:
			texts = strings.Split(fmt.Sprint(value), "\n")
		}
		for _, text := range texts {
			if text == "" {
				continue
			}
			for _, l := range wrap(text, width-column) {
				fmt.Fprintf(&b, "%-*s%s\n", column, label, l)
				label = ""
			}
		}
	}
	return b.String()
}

// item writes the lines of an entry of a list, the first two spaces in, what
// follows six. What is "" is left out.
func item(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		if text == "" {
			continue
		}
		for _, l := range wrap(text, width-6) {
			at := 6
			if b.Len() == 0 {
				at = 2
			}
			fmt.Fprintf(&b, "%*s%s\n", at, "", l)
		}
	}
	return b.String()
}

// wrapped breaks the long lines of a text.
func wrapped(text string) string {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		lines = append(lines, wrap(l, width)...)
	}
	return strings.Join(lines, "\n")
}
