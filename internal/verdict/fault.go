// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"strings"
	"unicode/utf8"
)

// maxFault is the length of a fault line in bytes.
const maxFault = 300

// Fault returns the line of a log excerpt that says why a test or build failed, its number
// from 1 within the excerpt, and the title of the kernel's fault. The line is "", and the
// number 0, if no line says that. The title is "" unless the line is a fault of the kernel;
// it has no addresses or offsets, so that the same fault has the same title in all builds.
//
// path is the path of the test, "" for a build: lines between the harness's marks of the
// test are preferred over others.
func Fault(excerpt, path string) (line string, number int, title string) { return "", 0, "" }

// firstBytes returns the first n bytes of a text, or fewer to end with a whole character.
func firstBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.TrimRight(text[:n], " ")
}
