// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bytes"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	stdmail "net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

var update = flag.Bool("update", false, "write the golden files")

func sample() *mail.Message {
	return &mail.Message{
		From:      mail.Address{Name: "KCIDB", Addr: "kcidb@example.org"},
		To:        []mail.Address{{Name: "Ann, the \"maintainer\"", Addr: "ann@example.com"}, {Name: "Jörg Müller", Addr: "joerg@example.com"}},
		Cc:        []mail.Address{{Addr: "linux-list@example.com"}},
		Subject:   "❌ mainline: boot fails on rk3399-gru-kevin since v6.12-rc3-215-gdeadbeefcafe, and the subject is a long one",
		Text:      goldenText,
		MessageID: "2@kcidb.example.org",
		Thread:    "1@kcidb.example.org",
		Date:      time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Headers: []mail.Header{
			{Name: "X-KCIDB-Notification-ID", Value: "mainline:test:maestro:6711"},
			{Name: "X-KCIDB-Notification-Message-ID", Value: ""},
			{Name: "List-Id", Value: "Findings <findings.kcidb.example.org>"},
		},
	}
}

const goldenText = `Hello,

boot fails: see https://kcidb.example.org/test?id=maestro%3A6711&x=1. It
worked before (https://en.wikipedia.org/wiki/Bisection_(software_engineering)).

> [    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) <swapper/0>
>   RIP: 0010:do_thing+0x12/0x34

    column   column
.a dot in front, and a space at the end 
Grüße
-- 
kcidb
`

func TestGolden(t *testing.T) {
	const file = "testdata/message.eml"
	got, err := sample().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sample().Bytes()
	if err != nil || !bytes.Equal(got, again) {
		t.Fatal("not the same twice", err)
	}
	// Git keeps the file with \n.
	got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// read parses a message, checks what holds for all of them, and returns the text
// and the page in it.
func read(t *testing.T, data []byte) (header stdmail.Header, text, page string) {
	t.Helper()
	for line := range bytes.SplitSeq(data, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
		if i := bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r >= 0x7f }); i >= 0 {
			t.Errorf("byte %#x in %q", line[i], line)
		}
	}
	m, err := stdmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, into := range []*string{&text, &page} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		*into = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("after the parts: %v", err)
	}
	return m.Header, text, page
}

func names(h stdmail.Header) []string {
	var all []string
	for name, values := range h {
		for range values {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func TestReadBack(t *testing.T) {
	data, err := sample().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	header, text, page := read(t, data)
	if text != goldenText {
		t.Error(cmp.Diff(goldenText, text))
	}
	if diff := cmp.Diff(strings.TrimSpace(goldenText), shownText(t, page)); diff != "" {
		t.Error(diff)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || subject != sample().Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	to, err := header.AddressList("To")
	if err != nil || len(to) != 2 || to[0].Name != "Ann, the \"maintainer\"" || to[1].Name != "Jörg Müller" {
		t.Errorf("to %v, %v", to, err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<2@kcidb.example.org>", "In-Reply-To": "<1@kcidb.example.org>", "References": "<1@kcidb.example.org>",
		"Auto-Submitted": "auto-generated", "Precedence": "bulk", "Date": "Wed, 04 Mar 2026 05:06:07 +0000",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestUndisclosed(t *testing.T) {
	m := sample()
	m.To, m.Cc, m.Thread = nil, nil, m.MessageID
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := read(t, data)
	if got := header.Get("To"); got != "undisclosed-recipients:;" {
		t.Errorf("To is %q", got)
	}
	if header.Get("In-Reply-To") != "" || header.Get("References") != "" {
		t.Error("the first message of a thread refers to itself")
	}
}

func TestMessageRefusals(t *testing.T) {
	for name, spoil := range map[string]func(*mail.Message){
		"no sender":              func(m *mail.Message) { m.From = mail.Address{} },
		"address with a newline": func(m *mail.Message) { m.To[0].Addr = "a@b.c>\r\nBcc: <x@y.z" },
		"no id":                  func(m *mail.Message) { m.MessageID = "" },
		"id with a newline":      func(m *mail.Message) { m.MessageID = "a@b\r\nX: y" },
		"thread with brackets":   func(m *mail.Message) { m.Thread = "<a@b>" },
		"field with a colon":     func(m *mail.Message) { m.Headers[0].Name = "X: y\r\nZ" },
		"field of its own":       func(m *mail.Message) { m.Headers[0].Name = "bCC" },
		"field of MIME":          func(m *mail.Message) { m.Headers[0].Name = "Content-Type" },
		"field twice":            func(m *mail.Message) { m.Headers[0].Name = "list-ID" },
	} {
		m := sample()
		spoil(m)
		if data, err := m.Bytes(); err == nil {
			t.Errorf("%s: taken:\n%s", name, data)
		}
	}
}

func TestNewMessageID(t *testing.T) {
	a, err := mail.NewMessageID("example.org", "x", "yz")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := mail.NewMessageID("example.org", "x", "yz"); a != b {
		t.Error("not the same twice")
	}
	if b, _ := mail.NewMessageID("example.org", "xy", "z"); a == b {
		t.Error("the same for other parts")
	}
	if _, err := mail.NewMessageID("exa mple"); err == nil {
		t.Error("a domain with a space is taken")
	}
}

// FuzzMessage: with any texts, names and values, the message has the right fields, each
// once, and the texts arrive unchanged.
func FuzzMessage(f *testing.F) {
	f.Add("subject", "text", "name", "value")
	f.Add("a\r\nBcc: x@y.z\r\n\r\nbody", "a\r\n.\r\nb", "n\r\nm\" <x@y.z>", "v\r\nX-Y: z")
	f.Add("=?utf-8?q?=0D=0ABcc:_x?=", "--kcidb-", "=?utf-8?q?x?=", strings.Repeat("x", 2000))
	f.Add("\xff\xed\xa0\x80\u202e", strings.Repeat("日", 500), strings.Repeat("é", 500), "a   b "+strings.Repeat(" ", 100)+"c")
	f.Add(strings.Repeat("ab ", 100), " \t\r", ",;:<>@", "\"")
	f.Fuzz(func(t *testing.T, subject, text, name, value string) {
		m := sample()
		m.Subject, m.Text, m.From.Name, m.To[0].Name, m.Headers[0].Value = subject, text, name, name, value
		data, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		header, gotText, page := read(t, data)
		want := []string{
			"Auto-Submitted", "Cc", "Content-Type", "Date", "From", "In-Reply-To", "List-Id", "Message-Id", "Mime-Version",
			"Precedence", "References", "Subject", "To", "X-Kcidb-Notification-Id", "X-Kcidb-Notification-Message-Id",
		}
		if diff := cmp.Diff(want, names(header)); diff != "" {
			t.Error(diff)
		}
		if clean := mail.CleanBody(text); gotText != clean || strings.TrimLeft(shownText(t, page), " \t") != strings.Trim(clean, " \t\n") {
			t.Errorf("text is %q and %q, want %q", gotText, page, clean)
		}
		for field, list := range map[string]int{"From": 1, "To": 2, "Cc": 1} {
			addresses, err := header.AddressList(field)
			if err != nil || len(addresses) != list {
				t.Errorf("%s has %v, %v", field, addresses, err)
			}
		}
		got, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		if err != nil || strings.ReplaceAll(got, "= ?", "=?") != strings.ReplaceAll(mail.CleanSubject(subject), "= ?", "=?") {
			t.Errorf("subject is %q of %q, want %q; %v", got, header.Get("Subject"), mail.CleanSubject(subject), err)
		}
	})
}
