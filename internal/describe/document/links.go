// SPDX-License-Identifier: Apache-2.0

package document

import (
	"html"
	"html/template"
	"net/url"
	"strings"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// urlPattern finds what may be a URL in running text: ASCII without spaces, and without
// the characters that texts put around URLs.
var urlPattern = lazyregexp.New(`(?i)\bhttps?://[!#-;=?-\[\]_a-z~]+`)

// links returns a text as HTML, with links on the http and https URLs in it.
func links(text string) template.HTML {
	var b strings.Builder
	done := 0
	for _, at := range urlPattern().FindAllStringIndex(text, -1) {
		link := trimLink(text[at[0]:at[1]])
		if !linkable(link) {
			continue
		}
		b.WriteString(html.EscapeString(text[done:at[0]]))
		shown := html.EscapeString(link)
		b.WriteString(`<a href="` + shown + `">` + shown + `</a>`)
		done = at[0] + len(link)
	}
	b.WriteString(html.EscapeString(text[done:]))
	return template.HTML(b.String())
}

// linkable reports whether a URL becomes a link: an http or https URL with a host. A URL
// with a user is shown but not linked, because such URLs make readers believe that a
// link leads elsewhere.
func linkable(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// trimLink takes off the end of a URL what belongs to the sentence around it:
// punctuation, and brackets that the URL does not open itself.
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
