// SPDX-License-Identifier: Apache-2.0

package auth

import "log/slog"

const redacted = "(secret)"

// Secret is text that must not be seen: printing, logging or marshalling it
// shows a placeholder, or nothing where it is empty. The text itself is
// string(s).
type Secret string

// String returns the placeholder.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString returns the placeholder.
func (s Secret) GoString() string { return s.String() }

// LogValue returns the placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns the placeholder, which covers JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}
