// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

// trace is a log with a warning of the kernel in line 13.
func trace() string {
	var b strings.Builder
	for i := range 11 {
		fmt.Fprintf(&b, "[    %d.000000] usb: device %d\n", i, i)
	}
	b.WriteString("[   84.318020] ------------[ cut here ]------------\n" +
		"[   84.318047] WARNING: CPU: 2 PID: 2114 at fs/iomap/iter.c:34 iomap_iter_advance+0x94/0xb0\n" +
		"[   84.318330] Call trace:\n[   84.318336]  iomap_iter_advance+0x94/0xb0\n[   84.319011] ---[ end trace 0000000000000000 ]---\n")
	for i := range 200 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	b.WriteString("not ok 1 generic/091\nThe end\n")
	return b.String()
}

// classes returns the lines of a log as numbers, with "!" for the fault and "*" for what
// belongs to it, and the lines that are left out in brackets.
func classes(l *Log) string {
	var all []string
	for _, line := range l.Lines {
		switch {
		case line.Gap > 0:
			all = append(all, fmt.Sprintf("(%d)", line.Gap))
		default:
			all = append(all, fmt.Sprint(line.Number)+map[string]string{"hit": "!", "rel": "*"}[line.Class])
		}
	}
	return strings.Join(all, " ")
}

// faulty returns a log with the fault in a line.
func faulty(text string, line int, title string) *Log {
	l := LogOf(text, "")
	l.Fault, l.Title = line, title
	l.mark()
	return l
}

func TestLogMarks(t *testing.T) {
	for name, test := range map[string]struct {
		log  *Log
		want string
	}{
		"kernel": {faulty(trace(), 13, "WARNING in iomap_iter_advance").Short(30), "(8) 9 10 11 12* 13! 14* 15* 16* 17 18 19 (196) 216 217* 218"},
		"compiler": {faulty("make\nIn file included from a.c:1:\na.c: In function ‘f’:\na.c:3:5: error: ‘x’ undeclared\n    3 |     x = 1;\n      |     ^\nmake: *** [a.o] Error 1\nend\n", 4, ""),
			"1 2* 3* 4! 5* 6* 7* 8"},
		"nothing": {LogOf(strings.Repeat("fine\n", 100), "").Short(12), "1 2 3 (88) 92 93 94 95 96 97 98 99 100"},
		"blank":   {LogOf(strings.Repeat("fine\n", 100)+strings.Repeat("\n", 9), "").Short(12), "1 2 3 (88) 92 93 94 95 96 97 98 99 100 (9)"},
		"short":   {LogOf("a\nb", "").Short(12), "1 2"},
		"empty":   {LogOf("", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := classes(test.log); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// TestLogBounds holds hostile and huge logs to their bounds.
func TestLogBounds(t *testing.T) {
	for name, text := range map[string]string{
		"many lines": strings.Repeat("x\n", 1_000_000),
		"long line":  strings.Repeat("é", 5_000_000),
		"odd bytes":  "a\x1b[31mred\x00\u202e\r\nb\rc\xff" + strings.Repeat("\x80", 100_000),
		"only ends":  strings.Repeat("\n", 300),
	} {
		l := LogOf(text, "")
		read := 0
		for _, line := range l.Lines {
			read += len(line.Text)
			if utf8.RuneCountInString(line.Text) > maxLogLine+1 || strings.ContainsAny(line.Text, "\x1b\x00\u202e\r\n") || !utf8.ValidString(line.Text) {
				t.Errorf("%s: line %d is %.40q", name, line.Number, line.Text)
			}
		}
		if len(l.Lines) > maxLogLines || read > 2*maxLogBytes || l.LeftOut < 0 {
			t.Errorf("%s: %d lines, %d bytes, %d left out", name, len(l.Lines), read, l.LeftOut)
		}
		if short := l.Short(60); len(short.Lines) > 70 {
			t.Errorf("%s: a short log has %d lines", name, len(short.Lines))
		}
	}
}

func TestLogTemplate(t *testing.T) {
	logTemplates := Parse(fstest.MapFS{"log.html": {Data: []byte(`{{template "log" .}}`)}})
	h := serve(func(*http.Request) (*Page, error) {
		return &Page{Content: logTemplates.Content("log.html", LogOf("ok\n<b>x</b>: error: bad\n", "").Short(60))}, nil
	})
	want := `<pre class="log" tabindex="0" role="region" aria-label="Log excerpt"><code><span class="part"><span id="L1"><a href="#L1">1</a>  ok
</span><span id="L2" class="rel"><a href="#L2">2</a>  &lt;b&gt;x&lt;/b&gt;: error: bad
</span></span></code></pre>`
	if page := get(h, "/a/").Body.String(); !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(page, `class="hit"`, `class="rel"`), "▶", " "), want) {
		t.Error(page)
	}
}
