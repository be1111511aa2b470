// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
)

// The page around a text. The text is preformatted, because it has columns, quotes and
// indented logs. Long lines wrap, so that they fit on a phone. The element is <pre> for
// programs that ignore styles. The page fetches nothing: neither images nor fonts nor
// style sheets. The newline after <pre> does not belong to the text.
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

// HTML returns a text as a page, with links on its http and https URLs.
func HTML(text string) string {
	var b strings.Builder
	b.Grow(len(htmlHead) + len(text) + len(text)/4 + len(htmlTail))
	b.WriteString(htmlHead)
	b.WriteString(string(document.Links(text)))
	b.WriteString(htmlTail)
	return b.String()
}
