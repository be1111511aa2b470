// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"crypto/sha256"
	_ "embed" // for the files
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

var (
	//go:embed style.css
	styleSource string
	//go:embed script.js
	script []byte
	//go:embed icon.svg
	icon []byte
)

// style returns the style sheet as browsers get it: without comments and indentation, which
// are a fifth of its bytes.
var style = sync.OnceValue(func() []byte {
	text := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(styleSource, "")
	return []byte(regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(strings.TrimSpace(text), "\n"))
})

// The files have a hash of their content in their URL, so that browsers keep them for a
// year and notice a new version at once.
var (
	styleURL  = sync.OnceValue(func() string { return "/style.css?" + hashOf(style()) })
	scriptURL = sync.OnceValue(func() string { return "/script.js?" + hashOf(script) })
)

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

// Files adds the style sheet, the script and the icon to a front.
func Files(f *front.Front) {
	for path, file := range map[string]struct {
		kind    string
		content []byte
	}{
		"/style.css": {"text/css; charset=utf-8", style()},
		"/script.js": {"text/javascript; charset=utf-8", script},
		"/icon.svg":  {"image/svg+xml", icon},
	} {
		f.Handle(path, front.Light, front.Methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", file.kind)
			// The page of the API's documentation has a URL without a hash.
			w.Header().Set("Cache-Control", "public, max-age=86400")
			if r.URL.RawQuery == hashOf(file.content) {
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			w.Write(file.content)
		}})
	}
}
