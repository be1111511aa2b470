// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"html/template"
	"strings"
)

// Linked returns the text as HTML in which its http and https addresses are
// links, for pages that show the same text.
func Linked(text string) template.HTML {
	var b strings.Builder
	writeLinked(&b, text)
	return template.HTML(b.String())
}
