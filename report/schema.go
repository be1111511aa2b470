// SPDX-License-Identifier: Apache-2.0

package report

import (
	"embed"
	"slices"
)

//go:generate go run ./schemas/mkschemas

//go:embed schemas/*.json
var schemaFiles embed.FS

// Schema returns the JSON Schema (draft-07) of a version, every property
// described, and false where there is no such version.
//
// Its patterns are searched for, and their "$" holds before one final newline
// too, as in Python's regular expressions.
func Schema(v Version) ([]byte, bool) {
	if !slices.Contains(versions, v) {
		return nil, false
	}
	text, err := schemaFiles.ReadFile("schemas/v" + v.String() + ".json")
	return text, err == nil
}
