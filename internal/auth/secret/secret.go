// SPDX-License-Identifier: Apache-2.0

// Package secret has the type of passwords, keys and tokens. Printed, logged or
// marshalled, a secret shows a placeholder and never its text.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const placeholder = "(secret)"

// Text is a text that must not be seen. Printing, logging or marshalling it shows
// a placeholder, or nothing if the text is empty. The text itself is string(t).
//
// Package fmt calls no methods of unexported fields and prints their text. Such a field
// has to be a Source.
type Text string

// String returns the placeholder.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return placeholder
}

// Format writes the placeholder for all verbs, also for those that do not fit a text.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue returns the placeholder.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText returns the placeholder, which covers JSON and YAML.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText takes the text.
func (t *Text) UnmarshalText(text []byte) error {
	*t = Text(text)
	return nil
}
