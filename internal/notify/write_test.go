// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

// TestHTML compares the HTML of mails with golden files: with the standard text, with a
// text of the subscription's own, with the standard text after a failure, and of a digest.
func TestHTML(t *testing.T) {
	const test = "on: test\nselect: {now: FAIL}\nto: [dev@example.org]\n"
	h := newTestbed(t, map[string]string{
		"standard.yaml": test + "about: Boots of my board.\n",
		"own.yaml": test + "subject: Own\nbody: |\n  Hello <{{.Object.Remark}}>,\n\n  see {{.Link}}\n" +
			"  {{field \"Log\" .Object.Log}}\n  {{template \"description\" .}}\n  Bye!\n",
		"fails.yaml": test + "subject: Fails\nbody: '{{if .Object.Path}}{{index .Object.Compatible 7}}{{end}}'\n",
		"riscv.yaml": "on: build\nselect: {architecture: riscv}\nto: [dev@example.org]\n",
		"gcc.yaml":   "on: build\nselect: {config: gcc*}\nto: [dev@example.org]\n",
	})
	h.load(aCheckout + "," + aBuild + `, "tests": [{"id": "ci:t1", "origin": "ci", "build_id": "ci:b1", "path": "boot.nfs", "status": "FAIL",
		"comment": "</pre><script>", "log_url": "https://files.example.org/log?a=1&b=2", "start_time": "2026-01-02T03:04:05Z",
		"log_excerpt": "[    1.5] ok\nBUG: <bad> at https://bugs.example.org/1.\n", "environment": {"misc": {"platform": "rpi4"}},
		"misc": {"error_msg": "</dd><img src=x> timed out"}}]`)
	h.work()
	h.Envelope.Budget = 3 // so that no further mail goes out today
	h.load(`"builds": [{"id": "ci:b2", "origin": "ci", "checkout_id": "ci:c1", "architecture": "riscv", "config_name": "gcc <14>", "status": "FAIL"},
		{"id": "ci:b3", "origin": "ci", "checkout_id": "ci:c1", "architecture": "riscv", "status": "PASS"}]`)
	h.work()
	h.clock.move(24 * time.Hour)
	h.work()
	h.work()
	shown := map[string]string{}
	for _, m := range h.mails.Messages() {
		name, _, _ := strings.Cut(h.parse(m.Data).Header.Get("X-KCIDB-Notification-ID"), " ")
		_, shown[name], _ = strings.Cut(strings.ReplaceAll(h.parts(m.Data)[1], "\r\n", "\n"), "<body>\n")
	}
	for _, name := range []string{"standard", "own", "fails", "digest"} {
		checkGolden(t, filepath.Join("testdata", "html", name+".html"), shown[name])
	}
}

// TestCompose bounds the text and the HTML of a message, and keeps its footer.
func TestCompose(t *testing.T) {
	footer := document.Document{document.Signature{Text: "The end."}}
	const room = mail.MaxBody - len("-- \nThe end.\n") - 2
	for name, c := range map[string]struct {
		body document.Document
		cut  bool
	}{
		"nothing":   {nil, false},
		"short":     {document.Document{document.Heading("Short"), document.Preformatted("a\r\nb\n\n\n")}, false},
		"fits":      {document.Document{document.Heading("h"), document.Preformatted(strings.Repeat("é", room-4))}, false},
		"cut":       {document.Document{document.Heading("h"), document.Preformatted(strings.Repeat("é", room-2))}, true},
		"costly":    {document.Document{document.Preformatted(strings.Repeat("http://a/&&&&&&&& ", 10_000))}, true},
		"all marks": {document.Document{document.Remark(strings.Repeat("\"\n", 60_000))}, true},
	} {
		text, html := compose(c.body, footer)
		if n := utf8.RuneCountInString(text); n > mail.MaxBody || mail.CleanBody(text) != text || !strings.HasSuffix(text, "\n\n-- \nThe end.\n") {
			t.Errorf("%s: %d characters, and the end is %q", name, n, text[len(text)-30:])
		}
		if got := strings.Contains(text, "cut here"); got != c.cut || strings.Contains(html, "cut here") != c.cut {
			t.Errorf("%s: cut: %t, want %t", name, got, c.cut)
		}
		if len(html) > 10*mail.MaxBody || !strings.HasSuffix(html, "<hr>\n<p class=\"signature\">The end.</p>\n") {
			t.Errorf("%s: the HTML has %d bytes and ends with %q", name, len(html), html[len(html)-30:])
		}
	}
}
