// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// The texts of faults. They are for people who make reports and have never seen a schema.
// Both validators use them.

const (
	expectedNumber   = "a number within the range of double precision"
	expectedInt32    = "at most 2147483647, which databases can keep"
	expectedOnce     = "each property once"
	expectedNoNUL    = "text without NUL characters"
	expectedPair     = "both halves of each UTF-16 surrogate pair"
	expectedYears    = "a time in the years 1 to 9999 UTC"
	expectedNothing  = "nothing after the report"
	expectedNonSmall = "0 or more"

	expectedExact = "an integer that double precision keeps to the last digit"

	expectedOrigin = "an origin that the sender may report"
	expectedUTF8   = "UTF-8"

	foundTwice   = "it twice"
	foundMissing = "none"
)

// expectedDepth describes the maximum nesting of a report.
var expectedDepth = fmt.Sprintf("at most %d levels of objects and arrays", MaxDepth)

// Bounds of databases. maxIndexed is the greatest length, in bytes, of texts that queries
// find objects by. PostgreSQL has room for 2,704 bytes in an entry of
// an index, and there are two such texts in some entries. maxMisc is the
// greatest length of a misc, as it is written.
const (
	maxIndexed = 1024
	maxMisc    = 1 << 20
)

var (
	expectedIndexed = fmt.Sprintf("at most %d bytes, which databases can index", maxIndexed)
	expectedMisc    = fmt.Sprintf("an object of at most %d bytes: put larger data into files, with URLs to them", maxMisc)
)

// The fault of a report whose objects would take more memory than its memoryBudget.
var expectedDense = fmt.Sprintf("objects that need at most %d times the memory of their text", memoryPerByte)

const foundSparse = "too many almost empty objects: send fewer in a report"

// patternMeanings describes the patterns of the schemas.
var patternMeanings = map[string]string{
	`^[a-z0-9_]+:[^\0]*$`:                    `an ID: the origin, a colon, and what identifies the object there, as in "ci:42"`,
	`^[a-z0-9_]+:.*$`:                        `an ID on one line: the origin, a colon, and what identifies the object there, as in "ci:42"`,
	`^[a-z0-9_]+:`:                           `an ID: the origin, a colon, and what identifies the object there, as in "ci:42"`,
	`^[a-z0-9_]+$`:                           `the name of a CI system: lower-case letters, digits and "_"`,
	`^[a-z0-9_]*$`:                           `an architecture: lower-case letters, digits and "_"`,
	`^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$`: `a path: words of letters, digits, "_" and "-", joined by single full stops`,
	`^[.a-zA-Z0-9_-]*$`:                      `a path: letters, digits, "_", "-" and "."`,
	`^[0-9a-f]{40}$`:                         "a commit hash: 40 lower-case hexadecimal digits",
	`^$|^[0-9a-f]{64}$`:                      "the hash of a patch set: 64 lower-case hexadecimal digits, or nothing",
	`^[0-9a-f]{40}(\+[0-9a-f]{64})?$`:        `a commit hash of 40 lower-case hexadecimal digits, with a "+" and 64 more for the patch set if there is one`,
	`^https://[^\0]*$`:                       "a URL beginning with https://",
	`^(https|git)://.*$`:                     "a URL beginning with https:// or git://",
	`^[^\0]*$`:                               expectedNoNUL,
	`^[^/\0]+$`:                              "a file name, without slashes",
	`^[^/]+$`:                                "a file name, without slashes",
	`^[^ \0]+(,[^ \0]+)*$`:                   `what a device is compatible with, without spaces, as in "arm,cortex-a53"`,
	`^[^ ]+(,[^ ]+)*$`:                       `what a device is compatible with, without spaces, as in "arm,cortex-a53"`,
	`^1(\.0)?$`:                              `"1"`,
}

// expectedPattern describes a pattern of the schemas.
func expectedPattern(pattern string) string {
	if meaning, ok := patternMeanings[pattern]; ok {
		return meaning
	}
	return "text matching " + pattern
}

// expectedType describes the allowed JSON types.
func expectedType(want []string) string {
	switch want[0] {
	case "array", "integer", "object":
		return "an " + want[0]
	case "boolean":
		return "true or false"
	}
	return "a " + want[0]
}

// expectedFormat describes a format of the schemas.
func expectedFormat(name string) string {
	switch name {
	case "email":
		return `an e-mail address, with an "@"`
	case "uri":
		return `a URI, as in "https://example.org/log", with everything else percent-encoded`
	}
	return `a date and time of RFC 3339, as in "2025-07-01T10:00:00Z"`
}

// expectedEnum describes the allowed values.
func expectedEnum(want []any) string {
	names := make([]string, len(want))
	for i, value := range want {
		names[i] = fmt.Sprint(value)
	}
	return "one of " + strings.Join(names, ", ")
}

// expectedProperty describes a missing required property.
func expectedProperty(name string) string { return fmt.Sprintf("a property %q", name) }

// expectedLength describes the maximum length of a text.
func expectedLength(most int) string { return fmt.Sprintf("at most %d characters", most) }

// expectedKnown suggests a known property in place of an unknown one.
func expectedKnown(name string, known []string) string {
	nearest, least := "", max(len(name)/3, 1)+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			nearest, least = k, d
		}
	}
	switch {
	case nearest != "":
		return fmt.Sprintf("no such property (did you mean %q?)", nearest)
	case len(known) <= 5:
		return "no such property, but " + strings.Join(known, ", ")
	}
	return `no such property (anything of your own may go under "misc")`
}

// distance returns how many characters must be added, removed or replaced to
// turn a into b, ignoring case. The distance of a name longer than any
// property is the name's length.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return max(len(a), len(b))
	}
	return levenshtein.ComputeDistance(strings.ToLower(a), strings.ToLower(b))
}

// excerpt returns the beginning of s, in a readable length: at most 80 bytes
// and "...", valid UTF-8.
func excerpt(s string) string {
	const most = 80
	if len(s) > most {
		n := most
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// foundNull describes a null and the way to fix it.
const foundNull = "null (leave out unknown values)"

// describeValue describes a value: a string in quotes, a number as it is written.
func describeValue(v any) string {
	switch v := v.(type) {
	case nil:
		return foundNull
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return excerpt(string(v))
	case string:
		return strconv.Quote(quotable(v))
	case []any:
		return "an array"
	}
	return "an object"
}

// quotable returns the part of b that an excerpt shows.
func quotable[T text](b T) string { return excerpt(string(b[:min(len(b), 100)])) }

// foundText describes a string.
func foundText(b []byte) string { return strconv.Quote(quotable(b)) }

// foundBytes describes the length of a text.
func foundBytes(n int) string { return fmt.Sprintf("%d bytes", n) }

// foundAt describes the text at a position from which on it is not JSON.
func foundAt[T text](s T, pos int) string {
	if pos >= len(s) {
		return "the end of the text"
	}
	rest := string(s[pos:min(pos+utf8.UTFMax, len(s))])
	c, size := utf8.DecodeRuneInString(rest)
	if c == utf8.RuneError && size == 1 {
		return fmt.Sprintf("the byte 0x%02X", rest[0])
	}
	return fmt.Sprintf("%q", c)
}

// foundInText describes the text at a position, and the position.
func foundInText[T text](s T, pos int) string {
	line, column := 1, 1
	for i := range pos {
		switch {
		case s[i] == '\n':
			line, column = line+1, 1
		case utf8.RuneStart(s[i]):
			column++
		}
	}
	return fmt.Sprintf("%s in line %d, column %d", foundAt(s, pos), line, column)
}
