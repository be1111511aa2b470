// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// What drivers check of the values they read. A database that somebody wrote to, or
// a disk that failed, has others than those that were loaded, and a dump with one of
// them is no report. The errors are for ErrCorrupt to be wrapped around.

// FreeObject returns a text as a free object (misc), and an error if it is none.
func FreeObject(text string) (json.RawMessage, error) {
	object := jsontext.Value(text)
	if !object.IsValid(jsontext.AllowDuplicateNames(true)) || object.Kind() != '{' {
		return nil, fmt.Errorf("%.40q where a JSON object belongs", text)
	}
	return json.RawMessage(text), nil
}

// Finite returns an error if a number is none that JSON has.
func Finite(n float64) error {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return fmt.Errorf("%v where a number belongs", n)
	}
	return nil
}

// Reportable returns an error if a report cannot have the time.
func Reportable(t time.Time) error {
	if year := t.Year(); year < 1 || year > 9999 {
		return fmt.Errorf("a time in the year %d", year)
	}
	return nil
}
