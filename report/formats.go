// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Matchers for the string patterns of the schemas, written by hand: an object
// has some twenty strings, and regular expressions would take more time than
// the rest of decoding. As in the schemas' own dialect, "$" matches at the end
// of a string and before a final newline; so "ci\n" is an origin.

// maxText is the maximum length of a log excerpt, in code points.
const maxText = 16384

// text is a string, or the bytes of one.
type text interface{ string | []byte }

// cutNewline returns s without one final newline.
func cutNewline[T text](s T) T {
	if n := len(s); n > 0 && s[n-1] == '\n' {
		return s[:n-1]
	}
	return s
}

// Classes of characters, as bits of charClass.
const (
	classOrigin  = 1 << iota // a-z 0-9 _
	classPath                // a-z A-Z 0-9 _ -
	classLowHex              // 0-9 a-f
	classHex                 // 0-9 a-f A-F
	classDigit               // 0-9
	classAlpha               // a-z A-Z
	classScheme              // letters, digits, + . -
	classURIName             // unreserved and sub-delims of RFC 3986
)

var charClass = func() (class [256]uint8) {
	set := func(bits uint8, chars string) {
		for _, c := range []byte(chars) {
			class[c] |= bits
		}
	}
	const lower = "abcdefghijklmnopqrstuvwxyz"
	const digits = "0123456789"
	upper := strings.ToUpper(lower)
	set(classOrigin, lower+digits+"_")
	set(classPath, lower+upper+digits+"_-")
	set(classLowHex, digits+"abcdef")
	set(classHex, digits+"abcdefABCDEF")
	set(classDigit, digits)
	set(classAlpha, lower+upper)
	set(classScheme, lower+upper+digits+"+.-")
	set(classURIName, lower+upper+digits+"-._~"+"!$&'()*+,;=")
	return class
}()

// span returns the number of leading characters of s that are in the class.
func span[T text](s T, class uint8) int {
	for i := range len(s) {
		if charClass[s[i]]&class == 0 {
			return i
		}
	}
	return len(s)
}

// contains reports whether the byte c is in s.
func contains[T text](s T, c byte) bool {
	return indexByte(s, c) >= 0
}

// indexByte returns the index of the byte c in s, or -1.
func indexByte[T text](s T, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// validID matches ^[a-z0-9_]+:[^\0]*$
func validID[T text](s T) bool {
	n := span(s, classOrigin)
	return n > 0 && n < len(s) && s[n] == ':' && !contains(s[n+1:], 0)
}

// validOrigin matches ^[a-z0-9_]+$
func validOrigin[T text](s T) bool {
	s = cutNewline(s)
	return len(s) > 0 && span(s, classOrigin) == len(s)
}

// validArchitecture matches ^[a-z0-9_]*$
func validArchitecture[T text](s T) bool {
	s = cutNewline(s)
	return span(s, classOrigin) == len(s)
}

// validPath matches ^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$
func validPath[T text](s T) bool {
	s = cutNewline(s)
	if len(s) == 0 {
		return true
	}
	for {
		n := span(s, classPath)
		switch {
		case n == 0:
			return false
		case n == len(s):
			return true
		case s[n] != '.':
			return false
		}
		s = s[n+1:]
	}
}

// validCommitHash matches ^[0-9a-f]{40}$
func validCommitHash[T text](s T) bool {
	s = cutNewline(s)
	return len(s) == 40 && span(s, classLowHex) == 40
}

// validPatchsetHash matches ^$|^[0-9a-f]{64}$
func validPatchsetHash[T text](s T) bool {
	s = cutNewline(s)
	return len(s) == 0 || len(s) == 64 && span(s, classLowHex) == 64
}

// validText matches ^[^\0]*$
func validText[T text](s T) bool { return !contains(s, 0) }

// validHTTPS matches ^https://[^\0]*$
func validHTTPS[T text](s T) bool {
	const prefix = "https://"
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix && !contains(s, 0)
}

// validFileName matches ^[^/\0]+$
func validFileName[T text](s T) bool {
	return len(s) > 0 && !contains(s, '/') && !contains(s, 0)
}

// validCompatible matches ^[^ \0]+(,[^ \0]+)*$
//
// The class contains commas and newlines, so that it covers the repetition as
// well.
func validCompatible[T text](s T) bool {
	return len(s) > 0 && !contains(s, ' ') && !contains(s, 0)
}

// length returns the number of code points of s. Half of a surrogate pair, in
// the three bytes of its UTF-8 form, counts as one code point.
func length[T text](s T) int {
	n := 0
	for i := range len(s) {
		if utf8.RuneStart(s[i]) {
			n++
		}
	}
	return n
}

// validEmail reports whether s is an e-mail address for the schemas: any
// string with an "@".
func validEmail[T text](s T) bool { return contains(s, '@') }

// validDateTime reports whether s is a date and time of RFC 3339, without the
// forms that the schemas refuse: second 60, a space for the "T", hour 24, year
// 0.
func validDateTime[T text](s T) bool {
	s = cutNewline(s)
	const shape = "dddd-dd-ddTdd:dd:dd"
	if len(s) <= len(shape) {
		return false
	}
	for i := range len(shape) {
		switch c := s[i]; shape[i] {
		case 'd':
			if c-'0' > 9 {
				return false
			}
		case 'T':
			if c != 'T' && c != 't' {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	year, month, day := twoDigits(s)*100+twoDigits(s[2:]), twoDigits(s[5:]), twoDigits(s[8:])
	if year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return false
	}
	if twoDigits(s[11:]) > 23 || twoDigits(s[14:]) > 59 || twoDigits(s[17:]) > 59 {
		return false
	}
	s = s[len(shape):]
	if s[0] == '.' {
		n := span(s[1:], classDigit)
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	switch {
	case len(s) == 1:
		return s[0] == 'Z' || s[0] == 'z'
	case len(s) == 6:
		return (s[0] == '+' || s[0] == '-') && s[3] == ':' &&
			span(s[1:3], classDigit) == 2 && twoDigits(s[1:]) <= 23 &&
			span(s[4:6], classDigit) == 2 && twoDigits(s[4:]) <= 59
	}
	return false
}

// twoDigits returns the number in the first two characters of s.
func twoDigits[T text](s T) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// daysIn returns the number of days of a month.
func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// parseTime returns the time in s, in UTC. s must be valid for validDateTime;
// digits beyond the nanosecond are dropped.
func parseTime[T text](s T) time.Time {
	s = cutNewline(s)
	year, month, day := twoDigits(s)*100+twoDigits(s[2:]), twoDigits(s[5:]), twoDigits(s[8:])
	hour, minute, second := twoDigits(s[11:]), twoDigits(s[14:]), twoDigits(s[17:])
	s = s[19:]
	nanos := 0
	if s[0] == '.' {
		n := 1 + span(s[1:], classDigit)
		for i, unit := 1, 100_000_000; i < n && unit > 0; i, unit = i+1, unit/10 {
			nanos += int(s[i]-'0') * unit
		}
		s = s[n:]
	}
	if len(s) == 6 {
		offset := twoDigits(s[1:])*60 + twoDigits(s[4:])
		if s[0] == '-' {
			offset = -offset
		}
		minute -= offset
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
}

// inYears reports whether a time is in the years that databases can keep.
func inYears(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }
