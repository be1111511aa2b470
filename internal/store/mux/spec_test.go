// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for params, want := range map[string][]string{
		"null":                        {"null"},
		" a:b\t c \n":                 {"a:b", "c"},
		`sqlite:a\ b sqlite:c\\d`:     {"sqlite:a b", `sqlite:c\d`},
		`mux:a\ mux:b\\\ c`:           {`mux:a mux:b\ c`},
		`\  x`:                        {" ", "x"},
		`postgresql:dbname=x\ user=y`: {"postgresql:dbname=x user=y"},
	} {
		if got, err := split(params); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", params, got, err, want)
		}
	}
	for _, params := range []string{"", "  ", `a\`} {
		if got, err := split(params); err == nil {
			t.Errorf("%q: got %q, want an error", params, got)
		}
	}
}

// FuzzSplit gets back what was escaped.
func FuzzSplit(f *testing.F) {
	f.Add("sqlite:a b", `c\d`)
	escape := strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t", "\n", "\\\n", "\r", "\\\r")
	f.Fuzz(func(t *testing.T, a, b string) {
		split(a) // must not panic
		if a == "" || b == "" || strings.ToValidUTF8(a+b, "") != a+b {
			return
		}
		got, err := split(escape.Replace(a) + " " + escape.Replace(b))
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q and %q became %q, %v", a, b, got, err)
		}
	})
}
