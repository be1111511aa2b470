// SPDX-License-Identifier: Apache-2.0

package sqldb

import "strings"

// maxContained is how many bytes of a text a pattern has. SQLite refuses a pattern of more
// than 50,000 bytes, and a name in a report has no more than 1,024.
const maxContained = 1_024

// Containing returns the pattern of LIKE, with ESCAPE '!', for values that contain the
// first maxContained bytes of a text. A caller compares the values that it finds.
func Containing(text string) string {
	if len(text) > maxContained {
		text = strings.ToValidUTF8(text[:maxContained], "") // without a part of a character
	}
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
}
