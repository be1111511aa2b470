// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadTexts(t *testing.T) {
	broken := errors.New("broken off")
	long := strings.Repeat("x", maxText)
	tests := map[string]struct {
		kind *mqKind
		from io.Reader
		want string
	}{
		"nothing":           {&mqEmails, strings.NewReader(""), ""},
		"only ends":         {&mqEmails, strings.NewReader("\x00\x00"), ""},
		"with an end":       {&mqEmails, strings.NewReader("a\x00b\n\x00"), `1"a" 2"b\n" `},
		"without one":       {&mqEmails, strings.NewReader("a\x00\nb"), `1"a" 2"b" `},
		"a newline behind":  {&mqEmails, strings.NewReader("a\x00\n"), `1"a" `},
		"lines":             {&mqPatterns, strings.NewReader("\n a\r\n\n\tb \nc"), `2"a" 4"b" 5"c" `},
		"byte by byte":      {&mqPatterns, iotest.OneByteReader(strings.NewReader("a\nb\n")), `1"a" 2"b" `},
		"broken off":        {&mqEmails, io.MultiReader(strings.NewReader("a\x00b"), iotest.ErrReader(broken)), `1"a" e-mail 2: broken off`},
		"broken off at end": {&mqPatterns, io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(broken)), `1"a" line 2: broken off`},
		"too long":          {&mqPatterns, strings.NewReader("a\n" + long + "\nb\n"), `1"a" line 2: it has more than 16 MiB`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for text, err := range tt.kind.form.read(tt.from) {
				if err != nil {
					fmt.Fprint(&got, err)
					continue
				}
				fmt.Fprintf(&got, "%d%q ", text.number, text.text)
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", &got, tt.want)
			}
		})
	}
}

// TestCheckPatterns: the Python system puts several patterns into a message,
// one per line.
func TestCheckPatterns(t *testing.T) {
	for text, want := range map[string]string{
		">test#":                  "",
		">test#\n>build[ci:1]#\n": "",
		">test#\n\n>tset#\n":      `at 1: no type "tset"`,
		"\n":                      "the message has no pattern",
		">test#\x00":              "at 6: expected text, found a NUL character",
	} {
		got := ""
		if err := checkPatterns([]byte(text)); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
