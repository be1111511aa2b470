// SPDX-License-Identifier: Apache-2.0

package report

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// shapes pairs each matcher with its pattern in the schemas, with "$" in the
// schemas' dialect.
var shapes = []struct {
	name    string
	match   func(string) bool
	pattern string
}{
	{"id", validID[string], `^[a-z0-9_]+:[^\0]*$`},
	{"origin", validOrigin[string], `^[a-z0-9_]+$`},
	{"architecture", validArchitecture[string], `^[a-z0-9_]*$`},
	{"path", validPath[string], `^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$`},
	{"git_commit_hash", validCommitHash[string], `^[0-9a-f]{40}$`},
	{"patchset_hash", validPatchsetHash[string], `^$|^[0-9a-f]{64}$`},
	{"text", validText[string], `^[^\0]*$`},
	{"https", validHTTPS[string], `^https://[^\0]*$`},
	{"resource name", validFileName[string], `^[^/\0]+$`},
	{"compatible", validCompatible[string], `^[^ \0]+(,[^ \0]+)*$`},
	{"email", validEmail[string], `@`},
	{"uri", validURI[string], uriPattern},
}

// uriPattern is the grammar of RFC 3986, appendix A, as a pattern; IPv4 parts
// may have leading zeros.
var uriPattern = func() string {
	const (
		unreserved = `[a-zA-Z0-9._~-]`
		pct        = `%[0-9a-fA-F]{2}`
		sub        = `[!$&'()*+,;=]`
		h16        = `[0-9a-fA-F]{1,4}`
		octet      = `(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})`
	)
	name := `(?:` + unreserved + `|` + pct + `|` + sub + `)`
	userChar := `(?:` + unreserved + `|` + pct + `|` + sub + `|:)`
	pchar := `(?:` + unreserved + `|` + pct + `|` + sub + `|[:@])`
	v4 := `(?:` + octet + `(?:\.` + octet + `){3})`
	ls32 := `(?:` + h16 + `:` + h16 + `|` + v4 + `)`
	front := func(n string) string { return `(?:(?:` + h16 + `:){0,` + n + `}` + h16 + `)?::` }
	v6 := `(?:` + strings.Join([]string{
		`(?:` + h16 + `:){6}` + ls32,
		`::(?:` + h16 + `:){5}` + ls32,
		`(?:` + h16 + `)?::(?:` + h16 + `:){4}` + ls32,
		front("1") + `(?:` + h16 + `:){3}` + ls32,
		front("2") + `(?:` + h16 + `:){2}` + ls32,
		front("3") + h16 + `:` + ls32,
		front("4") + ls32,
		front("5") + h16,
		front("6"),
	}, `|`) + `)`
	future := `v[0-9a-fA-F]+\.(?:` + unreserved + `|` + sub + `|:)+`
	host := `(?:\[(?:` + v6 + `|` + future + `)\]|` + name + `*)`
	authority := `(?:` + userChar + `*@)?` + host + `(?::[0-9]*)?`
	segments := `(?:/` + pchar + `*)*`
	hier := `(?://` + authority + segments +
		`|/(?:` + pchar + `+` + segments + `)?` +
		`|` + pchar + `+` + segments + `|)`
	tail := `(?:` + pchar + `|[/?])*`
	return `^[a-zA-Z][a-zA-Z0-9+.-]*:` + hier + `(?:\?` + tail + `)?(?:#` + tail + `)?$`
}()

func TestShapes(t *testing.T) {
	values := []string{
		"", "\n", "\n\n", "\r\n", " ", ",", ",,", "a,", "a", "a\n", "a\n\n", "A", "a b", "a:b", "ci:", "ci:1", "ci:1\n", "ci:\n\n", ":1", "CI:1",
		"ci:a\x00", "ci\n:1", "_:x", "a.b", "a..b", ".a", "a.", "a.b\n", "a-b_c.D9", "é", "ci:é", "a/b", "a\x00", "arm,cortex-a53",
		strings.Repeat("0", 40), strings.Repeat("a", 40) + "\n", strings.Repeat("g", 40), strings.Repeat("0", 41), strings.Repeat("A", 40),
		strings.Repeat("f", 64), strings.Repeat("f", 64) + "\n", strings.Repeat("f", 63),
		"@", "a@b", "https://", "https:///", "HTTPS://h", "https://h\x00", "http://h", "a:", "a:?", "a:#", "a:#x#y", "a:b c", "1a:b", "a+.-:b",
		"a://u@h:1/p?q#f", "a://u@v@h", "a://h:", "a://h:x", "a://[::]", "a://[::1]:80/", "a://[1:2:3:4:5:6:7:8]", "a://[1:2:3:4:5:6:7::]",
		"a://[1:2:3:4:5:6:7:8::]", "a://[::2:3:4:5:6:7:8]", "a://[::1:2:3:4:5:6:7:8]", "a://[1::2::3]", "a://[:::]", "a://[:1]", "a://[1:]",
		"a://[::1.2.3.4]", "a://[::001.2.3.255]", "a://[::1.2.3.256]", "a://[1:2:3:4:5:6:1.2.3.4]", "a://[1:2:3:4:5:6:7:1.2.3.4]",
		"a://[1:2:3:4:5::1.2.3.4]", "a://[1:2:3:4:5:6::1.2.3.4]", "a://[12345::]", "a://[::g]", "a://[fe80::1%25en0]", "a://[v1.a:b]", "a://[V1.a]",
		"a://[v.a]", "a://[v1.]", "a://[]", "a://999.1.1.1", "a:%41", "a:%4", "a:%4g", "a:[", "a://h]", "a:/b//c", "a:é", "a:b\n", "a:b\n\n", "a:\"", "a:^", "a:{",
		"mailto:x@y", "a://h/%zz", "a:?a?b/c", "a:b@c:d",
	}
	for _, s := range shapes {
		pattern := dialect(s.pattern)
		for _, v := range values {
			if got, want := s.match(v), pattern.MatchString(v); got != want {
				t.Errorf("%s %q: %v, the pattern says %v", s.name, v, got, want)
			}
		}
	}
}

// dialect compiles a pattern of the schemas: "$" also matches before a final
// newline.
func dialect(pattern string) *regexp.Regexp {
	inClass := false
	var b strings.Builder
	for i, c := range pattern {
		switch c {
		case '[':
			inClass = true
		case ']':
			inClass = inClass && i > 0 && pattern[i-1] == '\\'
		}
		if c == '$' && !inClass {
			b.WriteString(`\n?`)
		}
		b.WriteRune(c)
	}
	return regexp.MustCompile(b.String())
}

var dateTimePattern = dialect(`^[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// dateTimeByPattern checks a date and time in another way: with a pattern, and
// time.Parse for the days of the months.
func dateTimeByPattern(s string) bool {
	if !dateTimePattern.MatchString(s) || s[:4] == "0000" {
		return false
	}
	_, err := time.Parse(time.DateOnly, s[:10])
	return err == nil
}

func TestDateTime(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // as RFC 3339 in UTC, "" if the text is not a time
	}{
		{"2025-07-01T10:00:00Z", "2025-07-01T10:00:00Z"},
		{"2025-07-01t10:00:00z\n", "2025-07-01T10:00:00Z"},
		{"2025-07-01T10:00:00.5+02:30", "2025-07-01T07:30:00.5Z"},
		{"2025-07-01T10:00:00.12345678987654321-00:01", "2025-07-01T10:01:00.123456789Z"},
		{"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"},
		{"2000-02-29T00:00:00-23:59", "2000-02-29T23:59:00Z"},
		{"0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00Z"},
		{"1900-02-29T00:00:00Z", ""}, {"2025-02-29T00:00:00Z", ""}, {"2025-04-31T00:00:00Z", ""},
		{"0000-01-01T00:00:00Z", ""}, {"2025-00-01T00:00:00Z", ""}, {"2025-13-01T00:00:00Z", ""},
		{"2025-07-01T24:00:00Z", ""}, {"2025-07-01T10:60:00Z", ""}, {"2025-07-01T10:00:60Z", ""},
		{"2025-07-01 10:00:00Z", ""}, {"2025-07-01T10:00:00", ""}, {"2025-07-01T10:00:00+0000", ""},
		{"2025-07-01T10:00:00+00", ""}, {"2025-07-01T10:00:00,5Z", ""}, {"2025-07-01T10:00:00.Z", ""},
		{"2025-07-01T10:00:00+24:00", ""}, {"2025-07-01T10:00:00Z\n\n", ""}, {"2025-7-01T10:00:00Z", ""}, {"", ""},
	} {
		got := ""
		if validDateTime(test.text) {
			got = parseTime(test.text).Format(time.RFC3339Nano)
		}
		if got != test.want || validDateTime([]byte(test.text)) != (test.want != "") || dateTimeByPattern(test.text) != (test.want != "") {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

// FuzzShapes compares each matcher with its pattern.
func FuzzShapes(f *testing.F) {
	for _, s := range []string{"", "ci:1\n", "a.b-c", "https://u@[::1.2.3.4]:8/%41?q#f", "2025-07-01T10:00:00.123+02:00", "a,b", "a://[v1.x]"} {
		f.Add(s)
	}
	patterns := make([]*regexp.Regexp, len(shapes))
	for i, s := range shapes {
		patterns[i] = dialect(s.pattern)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for i, s := range shapes {
			if got, want := s.match(value), patterns[i].MatchString(value); got != want {
				t.Errorf("%s %q: %v, the pattern says %v", s.name, value, got, want)
			}
		}
		if got, want := validDateTime(value), dateTimeByPattern(value); got != want {
			t.Errorf("date-time %q: %v, the pattern says %v", value, got, want)
		}
	})
}
