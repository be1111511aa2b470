// SPDX-License-Identifier: Apache-2.0

package report

import "bytes"

// Matchers for the string patterns of the schemas before 5.0. A "." stands for
// any character but a newline.

// validVersion1 matches ^1(\.0)?$
func validVersion1(s []byte) bool {
	s = cutNewline(s)
	return string(s) == "1" || string(s) == "1.0"
}

// validID2 matches ^[a-z0-9_]+:
func validID2(s []byte) bool {
	n := span(s, classOrigin)
	return n > 0 && n < len(s) && s[n] == ':'
}

// validID3 matches ^[a-z0-9_]+:.*$
func validID3(s []byte) bool { return validID2(s) && !contains(cutNewline(s), '\n') }

// validPath1 matches ^[.a-zA-Z0-9_-]*$
func validPath1(s []byte) bool {
	s = cutNewline(s)
	for {
		s = s[span(s, classPath):]
		if len(s) == 0 || s[0] != '.' {
			return len(s) == 0
		}
		s = s[1:]
	}
}

// validRevision3 matches ^[0-9a-f]{40}(\+[0-9a-f]{64})?$
func validRevision3(s []byte) bool {
	s = cutNewline(s)
	if span(s, classLowHex) != 40 {
		return false
	}
	s = s[40:]
	return len(s) == 0 || len(s) == 65 && s[0] == '+' && span(s[1:], classLowHex) == 64
}

// validFileName2 matches ^[^/]+$
func validFileName2(s []byte) bool { return len(s) > 0 && !contains(s, '/') }

// validRepository3 matches ^(https|git)://.*$
func validRepository3(s []byte) bool {
	return (bytes.HasPrefix(s, []byte("https://")) || bytes.HasPrefix(s, []byte("git://"))) && !contains(cutNewline(s), '\n')
}

// validCompatible4 matches ^[^ ]+(,[^ ]+)*$
func validCompatible4(s []byte) bool { return len(s) > 0 && !contains(s, ' ') }
