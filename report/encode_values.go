// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// The functions with a name argument append a member of an object, with a comma
// before it. closeObject replaces the first comma by the opening brace.

func appendName(dst []byte, name string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

// closeObject ends the object that begins at start.
func closeObject(dst []byte, start int) []byte {
	if len(dst) == start {
		return append(dst, '{', '}')
	}
	dst[start] = '{'
	return append(dst, '}')
}

// appendList appends a list, unless it is nil.
func appendList[T any](dst []byte, name string, values []T, appendJSON func(*T, []byte) []byte) []byte {
	if values == nil {
		return dst
	}
	dst = append(appendName(dst, name), '[')
	for i := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(&values[i], dst)
	}
	return append(dst, ']')
}

func appendVersion(dst []byte, v Version) []byte {
	start := len(dst)
	dst = strconv.AppendInt(appendName(dst, "major"), int64(v.Major), 10)
	dst = strconv.AppendInt(appendName(dst, "minor"), int64(v.Minor), 10)
	return closeObject(dst, start)
}

// appendFloat appends a number in the shortest form that reads back as the same
// double, with an exponent only if the number would be long otherwise. Numbers that
// JSON cannot represent become null.
func appendFloat(dst []byte, value float64) []byte {
	size := math.Abs(value)
	switch {
	case math.IsNaN(value), math.IsInf(value, 0):
		return append(dst, "null"...)
	case size != 0 && size < 1e-6, size >= 1e21:
		return strconv.AppendFloat(dst, value, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, value, 'f', -1, 64)
}

// appendTime appends a time in the form of RFC 3339. The offset is numeric, because
// Python before 3.11 does not read a "Z". The fraction of a second has six digits, or
// is left out if it is zero.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append(dst, '"')
	dst = appendDigits(dst, year, 4)
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	if micros := t.Nanosecond() / 1000; micros != 0 {
		dst = appendDigits(append(dst, '.'), micros, 6)
	}
	return append(dst, `+00:00"`...)
}

// appendDigits appends a number, padded with zeros.
func appendDigits(dst []byte, n, digits int) []byte {
	start := len(dst)
	dst = append(dst, "000000"[:digits]...)
	for i := start + digits - 1; i >= start && n > 0; i, n = i-1, n/10 {
		dst[i] = byte('0' + n%10)
	}
	return dst
}

// appendQuoted appends a JSON string. Bytes that are not UTF-8 become replacement
// characters.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for {
		n := plainLength([]byte(s)) // no copy: the compiler sees that it is only read
		dst = append(dst, s[:n]...)
		if s = s[n:]; s == "" {
			return append(dst, '"')
		}
		if s[0] >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s)
			dst = utf8.AppendRune(dst, r)
			s = s[size:]
			continue
		}
		dst = appendEscape(dst, s[0])
		s = s[1:]
	}
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\t':
		return append(dst, '\\', 't')
	case '\r':
		return append(dst, '\\', 'r')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
}
