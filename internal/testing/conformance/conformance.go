// SPDX-License-Identifier: Apache-2.0

// Package conformance has a set of objects, and the patterns that the Python system was
// asked for over these objects, with its answers. Several packages test against them.
package conformance

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

var (
	//go:embed dataset.json
	dataset []byte
	//go:embed patterns.jsonl
	patterns []byte
)

// Dataset returns a new report with objects of all types. Some objects refer to parents
// that the report does not have.
func Dataset(t testing.TB) *report.Report {
	t.Helper()
	r, err := report.Decode(dataset)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A Pattern is a text that the Python system was asked for, and its answers.
type Pattern struct {
	Pattern string
	Error   bool                 // the text was refused
	Parsed  []string             // the patterns that the text expands to
	Objects map[object.Type][]ID // of Dataset that the patterns name
}

// Patterns returns all recorded patterns.
func Patterns(t testing.TB) []Pattern {
	t.Helper()
	var all []Pattern
	for line := range bytes.Lines(patterns) {
		var p Pattern
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// ID is the ID of an object. The recording has it as a list, with versions as numbers.
type ID object.ID

func (id *ID) UnmarshalJSON(text []byte) error {
	var fields []any
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for i, field := range fields {
		id[i] = fmt.Sprint(field)
	}
	return nil
}
