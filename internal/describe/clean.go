// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Reports may contain anything: long texts, line breaks, escape sequences of terminals,
// characters that change the direction of writing. Each text of a report goes through
// one of the functions below.

const (
	maxLine  = 200     // characters of a line
	maxPara  = 1000    // characters of a paragraph
	maxURL   = 2000    // characters of a URL; a part of a URL leads nowhere
	maxRead  = 1 << 16 // bytes of a text that are read
	maxLines = 40      // lines of a comment
	maxBytes = 4 << 10 // and its bytes
)

// mustHide reports whether a character must not be shown: it moves the cursor, changes the
// direction of writing, or is invisible.
func mustHide(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)
}

// escapes are the sequences that terminals take for colors, titles and movements, and
// colors whose escape character a log writes as "^[".
var escapes = lazyregexp.New("\\^\\[\\[[0-9;]*m|\x1b(?:\\[[0-9;:?<=>]*[ -/]*[@-~]|\\][^\x07\x1b\n]*(?:\x07|\x1b\\\\)?|[ -/]*[0-Z\\\\^-~])")

// clean replaces odd characters. Tabs become spaces, and all line ends newlines.
func clean(text string) string {
	if strings.Contains(text, "\x1b") || strings.Contains(text, "^[[") {
		text = escapes().ReplaceAllString(text, "")
	}
	var b strings.Builder
	b.Grow(len(text))
	for i, r := range text {
		switch {
		case r == '\n':
			b.WriteByte('\n')
		case r == '\r' && strings.HasPrefix(text[i:], "\r\n"): // the newline follows
		case r == '\r':
			b.WriteByte('\n')
		case r == '\t':
			b.WriteString("    ")
		case mustHide(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// head and tail return the beginning and the end of a text, without broken characters.
func head(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}

func tail(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	start := len(text) - bytes
	for start < len(text) && !utf8.RuneStart(text[start]) {
		start++
	}
	return text[start:]
}

// line returns a text as one line of at most 200 characters, with single spaces.
func line(text string) string { return document.Cut(joined(text), maxLine) }

// paragraph returns a text as one line of at most 1,000 characters, to be wrapped
// later.
func paragraph(text string) string { return document.Cut(joined(text), maxPara) }

func joined(text string) string { return strings.Join(strings.Fields(clean(head(text, maxRead))), " ") }

// address returns a URL without the characters that end a URL in running text.
func address(url string) string {
	if len(url) > maxURL {
		return fmt.Sprintf("(a URL of %s bytes, too long to show)", verdict.Number(int64(len(url))))
	}
	var b strings.Builder
	for _, r := range url {
		switch {
		case mustHide(r) || unicode.IsSpace(r) || strings.ContainsRune("<>\"`", r):
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// prose returns the beginning of a text of several lines, and marks the cut. It wraps
// long lines, and keeps one of several empty lines.
func prose(text string) string {
	cleaned := clean(head(text, maxRead))
	lines := strings.Split(strings.TrimRight(strings.Trim(cleaned, "\n"), " \n"), "\n")
	var kept []string
	bytes := 0
	for i, l := range lines {
		l = strings.TrimRight(l, " ")
		if l == "" && len(kept) > 0 && kept[len(kept)-1] == "" {
			continue
		}
		for _, part := range document.WrapLines(l, document.Width-2) {
			if bytes += len(part) + 1; bytes > maxBytes || len(kept) == maxLines {
				return strings.Join(append(kept, leftOut(len(lines)-i, len(text) > maxRead)), "\n")
			}
			kept = append(kept, part)
		}
	}
	if len(text) > maxRead {
		kept = append(kept, leftOut(0, true))
	}
	return strings.Join(kept, "\n")
}

func leftOut(lines int, more bool) string {
	if more {
		return "[the rest is left out]"
	}
	return fmt.Sprintf("[the rest is left out: %s]", plural(int64(lines), "line"))
}
