// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/document"
)

// The page a text is shown in. It is all preformatted, for texts have columns,
// quotes and indented pieces of logs; lines still wrap, so that none runs out of
// a phone. The element is <pre> for programs that drop styles. Nothing is
// fetched: no images, fonts or sheets. The newline after <pre> is no part of the
// text.
const (
	htmlHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
</head>
<body style="margin: 12px">
<pre style="margin: 0; font: 14px/1.45 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere">
`
	htmlTail = `</pre>
</body>
</html>
`
)

// HTML returns the text as a page in which its http and https addresses are links.
func HTML(text string) string {
	var b strings.Builder
	b.Grow(len(htmlHead) + len(text) + len(text)/4 + len(htmlTail))
	b.WriteString(htmlHead)
	b.WriteString(string(document.Links(text)))
	b.WriteString(htmlTail)
	return b.String()
}
