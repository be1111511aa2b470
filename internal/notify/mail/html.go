// SPDX-License-Identifier: Apache-2.0

package mail

import "github.com/kcidb-go/kcidb/internal/describe/document"

// The page around the HTML of a message. It fetches nothing: neither images nor fonts nor
// style sheets. Mail programs that ignore styles show the elements in their own way, so no
// fact depends on a style.
const (
	pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body { margin: 12px; font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
.verdict { font-size: 17px; }
.fail { color: #c62828; }
.error, .miss { color: #b26a00; }
.pass { color: #2e7d32; }
h2 { margin: 20px 0 8px; font-size: 16px; }
dl div { margin: 6px 0; }
dt { font-size: 13px; opacity: .65; }
dd { margin: 0; }
ul { margin: 0; padding-left: 20px; }
li { margin: 6px 0; }
pre { margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; }
.log { padding-left: 10px; border-left: 3px solid #9e9e9e; }
.remark { font: inherit; }
hr { margin: 24px 0 12px; border: 0; border-top: 1px solid #9e9e9e; }
.signature, .signature + dl { font-size: 13px; }
@media (prefers-color-scheme: dark) { .fail { color: #ef5350; } .error, .miss { color: #ffb74d; } .pass { color: #81c784; } }
@media (min-width: 600px) { dl div { display: grid; grid-template-columns: 120px 1fr; } dd { grid-column: 2; } }
</style>
</head>
<body>
`
	pageTail = `</body>
</html>
`
)

// page returns the message as a page. Without HTML it is the cleaned text, preformatted.
func (m *Message) page(text string) string {
	shown := m.HTML
	if shown == "" {
		shown = document.Document{document.Preformatted(text)}.HTML()
	}
	return pageHead + clean(string(shown)) + pageTail
}
