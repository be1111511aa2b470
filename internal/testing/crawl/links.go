// SPDX-License-Identifier: Apache-2.0

package crawl

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// addresses are the attributes whose values are URLs.
var addresses = map[string]bool{
	"href": true, "src": true, "action": true, "formaction": true, "poster": true, "data": true, "cite": true, "ping": true,
	"background": true, "manifest": true, "srcset": true,
}

// address checks a URL of an element, and notes it if the crawl follows it.
func (c *check) address(n *html.Node, a html.Attribute) {
	to, err := c.url.Parse(a.Val)
	if err != nil {
		c.fault("%s=%q of <%s> is no URL: %v", a.Key, a.Val, n.Data, err)
		return
	}
	switch {
	case to.Scheme != "http" && to.Scheme != "https" && to.Scheme != "mailto":
		c.fault("%s=%q of <%s> has the scheme %s", a.Key, a.Val, n.Data, to.Scheme)
		return
	case !c.ours(to) && n.Data != "a":
		c.fault("<%s> loads or sends something of another host: %s", n.Data, a.Val)
		return
	case !c.ours(to) || n.Data == "form" || a.Key == "formaction": // the crawl follows no other host; form follows forms
		return
	}
	c.follow(to)
}

// follow notes a URL of this site.
func (c *check) follow(to *url.URL) {
	page := *to
	page.Fragment, page.RawFragment = "", ""
	if to.Fragment != "" {
		c.fragments = append(c.fragments, fragment{page: page.String(), id: to.Fragment})
	}
	c.links = append(c.links, page.String())
}

// form follows a form with the method GET, filled in with its default values.
func (c *check) form(form *html.Node) {
	if method := value(form, "method"); method != "" && !strings.EqualFold(method, http.MethodGet) {
		return
	}
	to, err := c.url.Parse(value(form, "action"))
	if err != nil || !c.ours(to) {
		return // address notes the fault
	}
	query := url.Values{}
	for n := range form.Descendants() {
		if name := value(n, "name"); n.Type == html.ElementNode && name != "" && !has(n, "disabled") {
			query[name] = append(query[name], defaults(n)...)
		}
	}
	to.RawQuery = query.Encode()
	c.follow(to)
}

// defaults returns the values that a browser sends for a field that a person did not touch.
func defaults(field *html.Node) []string {
	switch field.Data {
	case "input":
		kind := value(field, "type")
		switch {
		case kind == "submit" || kind == "image" || kind == "button" || kind == "reset" || kind == "file":
		case (kind == "checkbox" || kind == "radio") && !has(field, "checked"):
		case (kind == "checkbox" || kind == "radio") && !has(field, "value"):
			return []string{"on"}
		default:
			return []string{value(field, "value")}
		}
	case "textarea":
		return []string{text(field)}
	case "select":
		return chosen(field)
	}
	return nil
}

// chosen returns the values of the selected options, or else of the first option.
func chosen(field *html.Node) (values []string) {
	var first []string
	for n := range field.Descendants() {
		if n.Data != "option" {
			continue
		}
		option := text(n)
		if has(n, "value") {
			option = value(n, "value")
		}
		if first == nil {
			first = []string{option}
		}
		if has(n, "selected") {
			values = append(values, option)
		}
	}
	if values == nil && !has(field, "multiple") {
		return first
	}
	return values
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// text returns the text in an element.
func text(n *html.Node) string {
	var all strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			all.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(all.String())
}
