// SPDX-License-Identifier: Apache-2.0

package report

import (
	"embed"
	"slices"
)

//go:generate go run ./schemas/mkschemas

//go:embed schemas/*.json
var schemaFiles embed.FS

// Schema returns the JSON Schema (draft-07) of a version, with a description of every
// property, or false if the version does not exist.
//
// A pattern in the schema may match any part of a string, and "$" also matches before a
// final newline, as in Python's regular expressions.
func Schema(v Version) ([]byte, bool) {
	if !slices.Contains(versions, v) {
		return nil, false
	}
	text, err := schemaFiles.ReadFile("schemas/v" + v.String() + ".json")
	return text, err == nil
}
