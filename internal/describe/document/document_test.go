// SPDX-License-Identifier: Apache-2.0

package document_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/describe/document"
)

const page = "https://kcidb.example.org/test/ci:1"

// every has a block of each type.
var every = document.Document{
	document.Verdict{Status: "FAIL", Word: "FAIL", Rest: ": 1 of 2 tests fails"},
	document.Fields{
		{Name: "Revision", Values: []document.Value{{Text: "v6.19 & more", URL: page}}},
		{Name: "Log", Values: []document.Value{{Text: "of the test"}, {URL: "https://files.example.org/a?b=1&c=2"}}},
		{Name: "Mail", Values: []document.Value{{Text: "the patch", URL: "mailto:a@example.org"}}},
		{Name: "Nothing"},
	},
	document.Heading("Failed tests"),
	document.List{
		{Status: "FAIL", Title: document.Value{Text: "ltp <accept01>", URL: page}, Lines: []document.Value{{Text: "on rpi4"}, {}, {URL: "javascript:alert(1)"}}},
		{Title: document.Value{Text: "and 3 more tests"}},
	},
	document.Heading("Log of ltp"),
	document.Log{URL: "http://files.example.org/log", Text: "a < b\n  see https://bugs.example.org/1."},
	document.Heading("Comment"),
	document.Remark("One line.\n\n  Two."),
	document.Paragraph("It ends & says so."),
	document.Preformatted("\n \n  a   <b>\nhttps://user.example.org/\n\n"),
	document.Preformatted("\n"),
	document.Signature{Text: "You get this because.", Fields: document.Fields{{Name: "Object", Values: []document.Value{{URL: page}}}}},
	document.Signature{Text: "Nothing more."},
}

func TestText(t *testing.T) {
	const want = `FAIL: 1 of 2 tests fails

Revision:     v6.19 & more
              https://kcidb.example.org/test/ci:1
Log:          of the test
              https://files.example.org/a?b=1&c=2
Mail:         the patch
              mailto:a@example.org

Failed tests

  FAIL: ltp <accept01>
      on rpi4
      javascript:alert(1)
      https://kcidb.example.org/test/ci:1
  and 3 more tests

Log of ltp
  http://files.example.org/log

    a < b
      see https://bugs.example.org/1.

Comment

  One line.

    Two.
It ends & says so.

 
  a   <b>
https://user.example.org/


-- 
You get this because.
Object:       https://kcidb.example.org/test/ci:1
-- 
Nothing more.
`
	if diff := cmp.Diff(want, every.Text()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHTML(t *testing.T) {
	const want = `<p class="verdict"><b class="fail">FAIL</b>: 1 of 2 tests fails</p>
<dl class="fields">
<div><dt>Revision</dt><dd><a href="https://kcidb.example.org/test/ci:1">v6.19 &amp; more</a></dd></div>
<div><dt>Log</dt><dd>of the test</dd><dd><a href="https://files.example.org/a?b=1&amp;c=2">https://files.example.org/a?b=1&amp;c=2</a></dd></div>
<div><dt>Mail</dt><dd>the patch<br>mailto:a@example.org</dd></div>
</dl>
<h2>Failed tests</h2>
<ul class="list">
<li><b class="fail">FAIL</b>: <a href="https://kcidb.example.org/test/ci:1">ltp &lt;accept01&gt;</a><br>on rpi4<br>javascript:alert(1)</li>
<li>and 3 more tests</li>
</ul>
<h2>Log of ltp</h2>
<p><a href="http://files.example.org/log">http://files.example.org/log</a></p>
<pre class="log">
a &lt; b
  see <a href="https://bugs.example.org/1">https://bugs.example.org/1</a>.</pre>
<h2>Comment</h2>
<pre class="remark">
One line.

  Two.</pre>
<p>It ends &amp; says so.</p>
<pre class="preformatted">
  a   &lt;b&gt;
<a href="https://user.example.org/">https://user.example.org/</a></pre>
<hr>
<p class="signature">You get this because.</p>
<dl class="fields">
<div><dt>Object</dt><dd><a href="https://kcidb.example.org/test/ci:1">https://kcidb.example.org/test/ci:1</a></dd></div>
</dl>
<hr>
<p class="signature">Nothing more.</p>
`
	if diff := cmp.Diff(want, string(every.HTML())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

var (
	anchor = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)
	tag    = regexp.MustCompile(`<[^>]*>`)
)

// TestSameFacts holds HTML to the words and URLs of the plain text.
func TestSameFacts(t *testing.T) {
	text := strings.Fields(strings.NewReplacer("Revision:", "Revision", "Log:", "Log", "Mail:", "Mail", "Object:", "Object", "-- \n", "").Replace(every.Text()))
	shown := anchor.ReplaceAllStringFunc(string(every.HTML()), func(a string) string {
		if m := anchor.FindStringSubmatch(a); m[1] != m[2] {
			return m[2] + " " + m[1]
		}
		return anchor.FindStringSubmatch(a)[2]
	})
	shown = strings.NewReplacer("</b>", "").Replace(shown)
	words := strings.Fields(html.UnescapeString(tag.ReplaceAllString(shown, " ")))
	slices.Sort(text)
	slices.Sort(words)
	if diff := cmp.Diff(text, words); diff != "" {
		t.Errorf("-text +HTML:\n%s", diff)
	}
}

// TestLinks: only http and https URLs with a host and without a user become links.
func TestLinks(t *testing.T) {
	for url, want := range map[string]bool{
		"https://a.example.org/b c": true, "HTTP://a.example.org": true, "https://a.example.org/é": true,
		"https://good@bad.example.org/": false, "javascript:alert(1)": false, "data:text/html,x": false, "//a.example.org": false,
		"https:///a": false, "": false, "a": false, "https://a.example.org/%zz": false,
	} {
		list := document.Document{document.List{{Title: document.Value{Text: "text", URL: url}}}, document.Log{URL: url}}
		if got := strings.Count(string(list.HTML()), "<a href="); got == 2 != want || got == 1 {
			t.Errorf("%q: %s", url, list.HTML())
		}
	}
}

// FuzzHTML: without its links, the HTML of a log is the log again.
func FuzzHTML(f *testing.F) {
	f.Add("see https://a.b/c?d=e&f. <b>")
	f.Add("https://https://a.b\">&quot;</a>")
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return
		}
		body := string(document.Document{document.Log{Text: text}}.HTML())
		body = strings.TrimSuffix(strings.TrimPrefix(body, "<pre class=\"log\">\n"), "</pre>\n")
		body = strings.ReplaceAll(regexp.MustCompile(`<a href="[^"]*">`).ReplaceAllString(body, ""), "</a>", "")
		if got := html.UnescapeString(body); strings.ContainsAny(body, `<>"'`) || got != text {
			t.Errorf("%q becomes %q", text, body)
		}
	})
}
