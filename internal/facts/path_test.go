// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kcidb-go/kcidb/internal/facts"
)

func ExampleMatchPath() {
	fmt.Println(facts.MatchPath("kselftest.**", "kselftest"))
	fmt.Println(facts.MatchPath("kselftest.**", "kselftest.net.tls"))
	fmt.Println(facts.MatchPath("kselftest.*", "kselftest.net.tls"))
	// Output:
	// true
	// true
	// false
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		glob      string
		fits, not string // parted by spaces, "-" for the empty path
	}{
		{"", "-", "a . a.b"},
		{"ltp", "ltp", "- ltp.mm xltp ltpx"},
		{"*", "a ltp", "- a.b ."},
		{"**", "- a a.b .", ""},
		{"*.**", "a a.b a.b.c", "-"},
		{"ltp.*", "ltp.mm ltp.", "ltp ltp.mm.oom"},
		{"**.mm", "mm ltp.mm a.b.mm mm.mm", "ltp.mm.oom"},
		{"**.mm.**", "mm a.mm mm.a a.mm.b.mm.c", "a.b -"},
		{"a.**.b.**.c", "a.b.c a.x.b.y.c a.b.b.c.c", "a.c a.b a.b.c.d"},
		{"k*.n?t.*x*", "kself.net.x k.nut.axb", "k.nt.x self.net.x k.net.y"},
		{"**a", "a ba", "b.a -"}, // no component of its own: the same as "*a"
		{"?", "é a", "- ab"},
		{"a.[b]", "a.[b]", "a.b"},
	} {
		for _, path := range strings.Fields(c.fits) {
			if !facts.MatchPath(c.glob, strings.Trim(path, "-")) {
				t.Errorf("%q does not fit %q", path, c.glob)
			}
		}
		for _, path := range strings.Fields(c.not) {
			if facts.MatchPath(c.glob, strings.Trim(path, "-")) {
				t.Errorf("%q fits %q", path, c.glob)
			}
		}
	}
}

// TestMatchPathAgrees compares with a regular expression that means the same.
func TestMatchPathAgrees(t *testing.T) {
	component := rapid.SampledFrom([]string{"a", "b", "*", "?", "a*", "*b", "a*b*", "?a", "**", "**"})
	rapid.Check(t, func(rt *rapid.T) {
		globs := rapid.SliceOfN(component, 1, 6).Draw(rt, "glob")
		path := rapid.StringMatching(`[ab]{1,3}(\.[ab]{1,3}){0,6}`).Draw(rt, "path")
		expr := "^"
		for _, g := range globs {
			if g == "**" {
				expr += `([^.]*\.)*`
				continue
			}
			expr += strings.NewReplacer("*", "[^.]*", "?", "[^.]").Replace(g) + `\.`
		}
		want := regexp.MustCompile(expr + "$").MatchString(path + ".")
		if got := facts.MatchPath(strings.Join(globs, "."), path); got != want {
			rt.Errorf("%v, %s: got %v", globs, path, got)
		}
	})
}

func TestMatchPathTakesNoLongTime(t *testing.T) {
	for _, c := range [][2]string{
		{strings.Repeat("**.a.", 500) + "b", strings.Repeat("a.", 5000) + "c"},
		{strings.Repeat("*a", 500) + "b", strings.Repeat("a", 5000)},
	} {
		if facts.MatchPath(c[0], c[1]) {
			t.Errorf("%.20s fits", c[1])
		}
	}
}
