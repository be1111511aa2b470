// SPDX-License-Identifier: Apache-2.0

package crawl

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"golang.org/x/net/html"
)

// ContentSecurityPolicy is the policy that every answer of the service has.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Headers are the headers that every answer has.
var Headers = map[string]string{
	"Content-Security-Policy": ContentSecurityPolicy,
	"X-Content-Type-Options":  "nosniff",
	"Referrer-Policy":         "no-referrer",
}

// check finds the faults and the links of an answer.
type check struct {
	Crawl
	*answer

	faults    []string
	links     []string // URLs of this site
	fragments []fragment
	ids       map[string]bool // nil if the answer is no page
	shown     []string        // names with the marker

	h1s, titles int
	firstLink   string // of the body: the skip link
}

func (c *check) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// run checks the answer.
func (c *check) run() {
	for name, want := range Headers {
		if got := c.header.Get(name); got != want {
			c.fault("the header %s is %q, want %q", name, got, want)
		}
	}
	kind, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	switch {
	case err != nil:
		c.fault("Content-Type %q: %v", c.header.Get("Content-Type"), err)
	case kind == "text/html":
		c.page()
	case strings.HasSuffix(kind, "json") && !json.Valid(c.body):
		c.fault("the answer is no JSON")
	case strings.HasSuffix(kind, "xml"):
		if err := wellFormed(c.body); err != nil {
			c.fault("the answer is no XML: %v", err)
		}
	}
}

// wellFormed returns an error if a text is no XML.
func wellFormed(text []byte) error {
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// page checks an HTML page.
func (c *check) page() {
	c.ids = map[string]bool{}
	root, err := html.Parse(bytes.NewReader(c.body))
	if err != nil {
		c.fault("the page is no HTML: %v", err)
		return
	}
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			c.element(n)
		case html.TextNode:
			c.show(n.Data)
		}
	}
	if c.h1s != 1 {
		c.fault("the page has %d elements h1", c.h1s)
	}
	if c.titles != 1 {
		c.fault("the page has %d titles", c.titles)
	}
	// The target of the skip link is checked like that of each link to a part.
	if !strings.HasPrefix(c.firstLink, "#") {
		c.fault("the first link of the page does not skip to its content: %q", c.firstLink)
	}
}

// show notes the names with the marker in a text.
func (c *check) show(text string) {
	for _, part := range strings.Split(text, c.Marker)[1:] {
		end := strings.IndexFunc(part, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
		if end > 0 {
			c.shown = append(c.shown, part[:end])
		}
	}
}

// element checks an element and its attributes.
func (c *check) element(n *html.Node) {
	if strings.Contains(n.Data, c.Marker) {
		c.fault("the element <%s> comes from a report", n.Data)
	}
	switch n.Data {
	case "html":
		if value(n, "lang") == "" {
			c.fault("the page has no lang")
		}
	case "h1":
		c.h1s++
	case "title":
		if n.Namespace == "" && n.FirstChild != nil && strings.TrimSpace(n.FirstChild.Data) != "" {
			c.titles++
		}
	case "script":
		if value(n, "src") == "" {
			c.fault("the page has an inline script")
		}
	case "style":
		c.fault("the page has an element style")
	case "form":
		c.form(n)
	case "a":
		if c.firstLink == "" {
			c.firstLink = value(n, "href")
		}
	}
	for _, a := range n.Attr {
		c.attribute(n, a)
	}
}

// attribute checks an attribute of an element.
func (c *check) attribute(n *html.Node, a html.Attribute) {
	c.show(a.Val)
	switch {
	case strings.Contains(a.Key, c.Marker):
		c.fault("the attribute %s of <%s> comes from a report", a.Key, n.Data)
	case strings.HasPrefix(a.Key, "on"):
		c.fault("<%s> has an attribute %s", n.Data, a.Key)
	case a.Key == "style":
		c.fault("<%s> has an attribute style", n.Data)
	case a.Key == "id" && c.ids[a.Val]:
		c.fault("two elements have the id %q", a.Val)
	case a.Key == "id":
		c.ids[a.Val] = true
	case addresses[a.Key]:
		c.address(n, a)
	}
}

// value returns the value of an attribute, "" if the element does not have it.
func value(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}
