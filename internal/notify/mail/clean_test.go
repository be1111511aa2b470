// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

func TestCleanSubject(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"  a\r\nBcc: b\t c\u2028d\u00a0e ", "a Bcc: b c d e"},
		{"\x1b[31mred\x7f\u0085x\u009b", "\uFFFD[31mred\uFFFD x\uFFFD"},
		{"\u202eevil\u2066 \u2069", "\uFFFDevil\uFFFD \uFFFD"},
		{"a\xffb\xed\xa0\x80c", "a\uFFFDb\uFFFDc"},
		{strings.Repeat("é", 256), strings.Repeat("é", 256)},
		{strings.Repeat("é", 257), strings.Repeat("é", 255) + "…"},
	} {
		if got := mail.CleanSubject(c.in); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCleanBody(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"a", "a\n"},
		{"a\r\nb\rc\u2029d\te\n", "a\nb\nc\nd\te\n"},
		{"\x00\x1b\x7f\u0085\u202e\xff", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\n"},
		{strings.Repeat("x", 65535), strings.Repeat("x", 65535) + "\n"},
	} {
		if got := mail.CleanBody(c.in); got != c.want {
			t.Errorf("%.80q becomes %.80q, want %.80q", c.in, got, c.want)
		}
	}
}

func TestCutBody(t *testing.T) {
	for name, c := range map[string]struct{ in, end string }{
		"one line": {strings.Repeat("é", 70000), "é\n[… cut here: 4516 more characters did not fit]\n"},
		"lines":    {strings.Repeat("0123456789 long line\n", 5000), "long line\n[… cut here: 39523 more characters did not fit]\n"},
	} {
		got := mail.CleanBody(c.in)
		if n := utf8.RuneCountInString(got); n > mail.MaxBody || n < mail.MaxBody-100 {
			t.Errorf("%s: %d characters", name, n)
		}
		if !strings.HasSuffix(got, c.end) {
			t.Errorf("%s: ends with %q", name, got[len(got)-80:])
		}
		if again := mail.CleanBody(got); again != got {
			t.Errorf("%s: cleaning again changes it", name)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, c := range []struct{ in, name, addr string }{
		{"ann@example.com", "", "ann@example.com"},
		{"  Ann <Ann.B+x@Example.COM> ", "Ann", "Ann.B+x@example.com"},
		{`"Ann, B (x): y;" <a@b.c>`, "Ann, B (x): y;", "a@b.c"},
		{"=?utf-8?q?J=C3=B6rg?= <j@x.y>", "Jörg", "j@x.y"},
		{"=?utf-8?q?J=0D=0ABcc=3A=E2=80=AEx?= <j@x.y>", "J Bcc:\uFFFDx", "j@x.y"},
		{"root@localhost", "", "root@localhost"},
	} {
		got, err := mail.ParseAddress(c.in)
		if want := (mail.Address{Name: c.name, Addr: c.addr}); err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", c.in, got, err, want)
		}
	}
	for _, c := range []struct{ in, want string }{
		{" ", "empty"},
		{"ann", "no @"},
		{"ann@", "not an address"},
		{"@example.com", "not an address"},
		{"a@b.c\r\nBcc: x@y.z", "control character"},
		{"a@b\u202e.c", "control character"},
		{"a@b.c, d@e.f", "more than one"},
		{"group: a@b.c;", "group"},
		{"a@b.c (Ann)", "comment"},
		{"a@[127.0.0.1]", "numeric host"},
		{"a@127.0.0.1", "a number, not a name"},
		{"a@b..c", "not an address"},
		{"a@-b.c", "is not a domain"},
		{`"a b"@c.d`, "need quotes"},
		{"jörg@x.y", "beyond ASCII before the @"},
		{"j@exämple.com", "xn--"},
		{strings.Repeat("a", 65) + "@b.c", "more than 64"},
		{"a@" + strings.Repeat("b.", 130) + "c", "longer than 254"},
		{"<a@b.c> x", "not an address"},
	} {
		if got, err := mail.ParseAddress(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q is %+v, %v; want an error with %q", c.in, got, err, c.want)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add(`"a" <b@c.d>`)
	f.Add("=?utf-8?q?=22=3E?= <b@c.d>")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := mail.ParseAddress(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(a.Addr, " <>\r\n\"\\,;:") || strings.Count(a.Addr, "@") != 1 || strings.ContainsAny(a.Name, "\r\n\x00") {
			t.Errorf("%q is %+v", text, a)
		}
		if again, err := mail.ParseAddress(a.Addr); err != nil || again.Addr != a.Addr {
			t.Errorf("%q is %+v, and that %+v, %v", text, a, again, err)
		}
	})
}
