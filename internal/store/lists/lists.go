// SPDX-License-Identifier: Apache-2.0

// Package lists is how drivers keep lists that are properties of objects: as
// JSON text, always the same text for the same list.
package lists

import (
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/report"
)

// AppendStrings appends a list of strings to b.
func AppendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// AppendResources appends a list of files to b.
func AppendResources(b []byte, list []report.Resource) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = appendString(b, list[i].Name)
		b = append(b, `,"url":`...)
		b = appendString(b, list[i].URL)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // its only error is invalid UTF-8, which it replaces
	return b
}

// Read returns the list that is in a text: of strings, or of resources.
func Read[T string | report.Resource](text []byte) ([]T, error) {
	all := []T{}
	err := jsonv2.Unmarshal(text, &all)
	return all, err
}
