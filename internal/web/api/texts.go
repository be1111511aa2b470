// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"

	"github.com/kcidb-go/kcidb/report"
)

// unknown stands for what is missing, in summaries and filters.
const unknown = "Unknown"

// unknownReason stands for why a test failed that does not tell.
const unknownReason = "unknown error"

// statusText returns a status as answers have it.
func statusText(s report.Status) string {
	if s == "" {
		return "NULL"
	}
	return string(s)
}

// statusOf returns the status of an object, "" for none.
func statusOf(s *report.Status) report.Status {
	if s == nil {
		return ""
	}
	return *s
}

// text returns the text of an object, "" for none.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// optional returns a text as objects have it: nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// orUnknown returns a text as summaries and filters have it.
func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

// list returns a list as answers have it where it may be missing: null, and not empty.
func list(texts []string) *[]string {
	if texts == nil {
		return nil
	}
	return &texts
}

// orEmpty returns a free object as answers have it, for clients look into it unasked:
// an empty one where there is none.
func orEmpty(misc json.RawMessage) json.RawMessage {
	if len(misc) == 0 {
		return json.RawMessage("{}")
	}
	return misc
}

// orNull returns a free object as answers have it that need none.
func orNull(misc json.RawMessage) *json.RawMessage {
	if len(misc) == 0 {
		return nil
	}
	return &misc
}
