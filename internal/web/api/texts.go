// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"

	"github.com/kcidb-go/kcidb/report"
)

// unknown stands for a missing value in summaries and filters.
const unknown = "Unknown"

// unknownReason stands for the reason of a failure that gives no reason.
const unknownReason = "unknown error"

// statusText returns a status for an answer: "NULL" if it is unknown.
func statusText(s report.Status) string {
	if s == "" {
		return "NULL"
	}
	return string(s)
}

// statusOf returns the status of an object, "" if it is unknown.
func statusOf(s *report.Status) report.Status {
	if s == nil {
		return ""
	}
	return *s
}

// text returns a text of an object, "" if it is nil.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// optional returns a text for an answer: null if it is "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// orUnknown returns a text for summaries and filters.
func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

// list returns a list for an answer: null if it is missing, and not if it is empty.
func list(texts []string) *[]string {
	if texts == nil {
		return nil
	}
	return &texts
}

// orEmpty returns a free object for an answer: an empty object if it is missing,
// because clients read its members without checking that it exists.
func orEmpty(misc json.RawMessage) json.RawMessage {
	if len(misc) == 0 {
		return json.RawMessage("{}")
	}
	return misc
}

// orNull returns a free object for an answer: null if it is missing.
func orNull(misc json.RawMessage) *json.RawMessage {
	if len(misc) == 0 {
		return nil
	}
	return &misc
}
