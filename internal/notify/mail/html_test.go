// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

var opening = regexp.MustCompile(`(?i)<a href="(https?://[^"<>]+)">`)

// preformatted returns what is in the page's <pre>.
func preformatted(t *testing.T, page string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "<pre ")
	_, rest, found := strings.Cut(rest, ">\n")
	body, _, end := strings.Cut(rest, "</pre>")
	if !ok || !found || !end {
		t.Fatalf("no <pre> in %q", page)
	}
	return body
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
		if got := preformatted(t, mail.HTML(c.in)); got != c.want && !strings.EqualFold(got, c.want) {
			t.Errorf("%q becomes\n%s, want\n%s", c.in, got, c.want)
		}
	}
}

func TestHTMLFetchesNothing(t *testing.T) {
	page := strings.ReplaceAll(mail.HTML("x"), "\n", " ")
	for _, word := range []string{"src", "<link", "<script", "url(", "@import", "href"} {
		if strings.Contains(page, word) {
			t.Errorf("the page has %q", word)
		}
	}
}

// FuzzHTML: without its links' tags, the page is the text again.
func FuzzHTML(f *testing.F) {
	f.Add("see https://a.b/c?d=e&f. <b>")
	f.Add("https://https://a.b\">&quot;</a>")
	f.Fuzz(func(t *testing.T, text string) {
		body := preformatted(t, mail.HTML(text))
		body = strings.ReplaceAll(opening.ReplaceAllString(body, ""), "</a>", "")
		if strings.ContainsAny(body, `<>"'`) {
			t.Errorf("%q becomes %q", text, body)
		}
		if got := html.UnescapeString(body); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
