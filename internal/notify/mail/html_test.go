// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"html"
	"html/template"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

var opening = regexp.MustCompile(`(?i)<a href="(https?://[^"<>]+)">`)

// pageOf returns the page of a message.
func pageOf(t *testing.T, text string, shown template.HTML) string {
	t.Helper()
	m := sample()
	m.Text, m.HTML = text, shown
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, _, page := read(t, data)
	return page
}

// preformatted returns what is in the page's <pre>, "" without a <pre>.
func preformatted(t *testing.T, page string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "<pre class=\"preformatted\">\n")
	body, _, end := strings.Cut(rest, "</pre>")
	if ok != end {
		t.Fatalf("no end of <pre> in %q", page)
	}
	return body
}

// shownText returns the text in the page's <pre>, without the tags of links.
func shownText(t *testing.T, page string) string {
	t.Helper()
	body := strings.ReplaceAll(opening.ReplaceAllString(preformatted(t, page), ""), "</a>", "")
	if strings.ContainsAny(body, `<>"'`) {
		t.Errorf("the page has %q", body)
	}
	return html.UnescapeString(body)
}

func TestHTML(t *testing.T) {
	link := func(address string) string { return `<a href="` + address + `">` + address + `</a>` }
	for _, c := range []struct{ in, want string }{
		{"a < b & \"c\"\n  > d", "a &lt; b &amp; &#34;c&#34;\n  &gt; d"},
		{"see https://a.b/c?d=e&f.", "see " + link("https://a.b/c?d=e&amp;f") + "."},
		{"(http://a.b/c_(d)), [https://a.b]!", "(" + link("http://a.b/c_(d)") + "), [" + link("https://a.b") + "]!"},
		{"<https://a.b/>", "&lt;" + link("https://a.b/") + "&gt;"},
		{"HTTPS://A.B", `<a href="HTTPS://A.B">HTTPS://A.B</a>`},
		{"https://a.b/x\"onclick=y", link("https://a.b/x") + "&#34;onclick=y"},
		{"https://a.b\uFFFDc https://a.b…", link("https://a.b") + "\uFFFDc " + link("https://a.b") + "…"},
		{"https:// https://. xhttps://a.b ftp://a.b javascript:x", "https:// https://. xhttps://a.b ftp://a.b javascript:x"},
		{"https://good.org@bad.org/", "https://good.org@bad.org/"},
		{"https://[::1]:80/x]", link("https://[::1]:80/x") + "]"},
	} {
		if got := preformatted(t, pageOf(t, c.in, "")); got != c.want && !strings.EqualFold(got, c.want) {
			t.Errorf("%q becomes\n%s, want\n%s", c.in, got, c.want)
		}
	}
}

// hostile has what a report may have in its texts, in each block that shows it.
func hostile() document.Document {
	text := "</pre></style><script>alert(1)</script><img src=//x onerror=y> & \"'\x1b[31m\u202e&#x202e;"
	value := document.Value{Text: text, URL: "javascript:alert(1)"}
	return document.Document{
		document.Verdict{Status: text, Word: text, Rest: text}, document.Paragraph(text), document.Heading(text),
		document.Fields{{Name: text, Values: []document.Value{value, {URL: "https://a.b/\"onclick=y"}}}},
		document.List{{Status: text, Title: value, Lines: []document.Value{value}}},
		document.Log{URL: "data:text/html,x", Text: text}, document.Remark(text), document.Preformatted(text),
		document.Signature{Text: text, Fields: document.Fields{{Name: text, Values: []document.Value{value}}}},
	}
}

// TestHTMLOfBlocks: a page of blocks has no tags, attributes or characters of their texts.
func TestHTMLOfBlocks(t *testing.T) {
	page := pageOf(t, "x", hostile().HTML())
	_, body, ok := strings.Cut(page, "<body>\n")
	if !ok || strings.Contains(page, "preformatted\">\nx") {
		t.Fatalf("the page has not the blocks: %s", page)
	}
	known := regexp.MustCompile(`^<(/?(p|b|h2|dl|div|dt|dd|ul|li|pre|a|body|html)|br|hr|(p|dl|ul|pre) class="[a-z]+"|b class="[^"<>]*"|a href="https://a\.b/[^"<>]*")>$`)
	for _, tag := range regexp.MustCompile(`<[^>]*>?`).FindAllString(body, -1) {
		if !known.MatchString(tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x202a && r <= 0x202e }); i >= 0 {
		t.Errorf("the page has %q", page[i:i+3])
	}
}

func TestHTMLFetchesNothing(t *testing.T) {
	for form, page := range map[string]string{
		"text":   pageOf(t, "x", ""),
		"blocks": pageOf(t, "x", document.Document{document.Heading("x"), document.List{{Title: document.Value{Text: "x"}}}, document.Signature{Text: "x"}}.HTML()),
	} {
		for _, word := range []string{"src", "<link", "<script", "url(", "@import", "href"} {
			if strings.Contains(page, word) {
				t.Errorf("the page of %s has %q", form, word)
			}
		}
	}
}

// FuzzHTML: without its links' tags, the page is the text again, except for the blank
// lines around it.
func FuzzHTML(f *testing.F) {
	f.Add("see https://a.b/c?d=e&f. <b>")
	f.Add("https://https://a.b\">&quot;</a>")
	f.Add(" \n\t\n  a\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.Trim(mail.CleanBody(text), " \t\n")
		if got := strings.TrimLeft(shownText(t, pageOf(t, text, "")), " \t"); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
