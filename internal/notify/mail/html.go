// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"html"
	"net/url"
	"regexp"
	"strings"
)

// The page a text is shown in. It is all preformatted, for texts have columns,
// quotes and indented pieces of logs; lines still wrap, so that none runs out of
// a phone. The element is <pre> for programs that drop styles. Nothing is
// fetched: no images, fonts or sheets. The newline after <pre> is no part of the
// text.
const (
	htmlHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
</head>
<body style="margin: 12px">
<pre style="margin: 0; font: 14px/1.45 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere">
`
	htmlTail = `</pre>
</body>
</html>
`
)

// HTML returns the text as a page in which its http and https addresses are links.
func HTML(text string) string {
	var b strings.Builder
	b.Grow(len(htmlHead) + len(text) + len(text)/4 + len(htmlTail))
	b.WriteString(htmlHead)
	writeLinked(&b, text)
	b.WriteString(htmlTail)
	return b.String()
}

// address finds what may be an address: ASCII without spaces, and without what
// texts put around addresses.
var address = regexp.MustCompile(`(?i)\bhttps?://[!#-;=?-\[\]_a-z~]+`)

// writeLinked writes the text escaped, and links around its addresses.
func writeLinked(b *strings.Builder, text string) {
	done := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		link := trimLink(text[at[0]:at[1]])
		// An address with a user in it is shown and not linked: it is how links
		// are made that do not lead where they seem to.
		u, err := url.Parse(link)
		if err != nil || u.Hostname() == "" || u.User != nil {
			continue
		}
		b.WriteString(html.EscapeString(text[done:at[0]]))
		shown := html.EscapeString(link)
		b.WriteString(`<a href="` + shown + `">` + shown + `</a>`)
		done = at[0] + len(link)
	}
	b.WriteString(html.EscapeString(text[done:]))
}

// trimLink takes off what belongs to the sentence around an address: the
// punctuation it ends with, and brackets it does not open itself.
func trimLink(link string) string {
	for link != "" {
		end := link[len(link)-1]
		switch end {
		case '.', ',', ';', ':', '!', '?', '\'', '*':
		case ')':
			if strings.Count(link, "(") >= strings.Count(link, ")") {
				return link
			}
		case ']':
			if strings.Count(link, "[") >= strings.Count(link, "]") {
				return link
			}
		default:
			return link
		}
		link = link[:len(link)-1]
	}
	return link
}
