// SPDX-License-Identifier: Apache-2.0

package columns

import (
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/report"
)

// AppendTexts appends a list of texts to b, as JSON. Databases keep lists so, and compare
// them by their bytes: the same list is always the same text.
func AppendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// AppendResources appends a list of files to b, as AppendTexts does.
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

// ReadList returns the list of texts or files in a JSON text.
func ReadList[T string | report.Resource](text []byte) ([]T, error) {
	all := []T{}
	err := jsonv2.Unmarshal(text, &all)
	return all, err
}
