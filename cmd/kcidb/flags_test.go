// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestTimestamp(t *testing.T) {
	here := time.FixedZone("here", 3*3600)
	tests := []struct{ text, want string }{
		{"2025-07-01", "2025-07-01T00:00:00+03:00"},
		{"2025-07-01T12:30", "2025-07-01T12:30:00+03:00"},
		{"2025-07-01 12:30:15", "2025-07-01T12:30:15+03:00"},
		{"2025-07-01T12:30:15.5", "2025-07-01T12:30:15.5+03:00"},
		{"2025-07-01T12:30:15Z", "2025-07-01T12:30:15Z"},
		{"2025-07-01t12:30:15.000001z", "2025-07-01T12:30:15.000001Z"},
		{"2025-07-01T12:30+02:00", "2025-07-01T12:30:00+02:00"},
		{"2025-07-01T12:30:00-0930", "2025-07-01T12:30:00-09:30"},
		{"2025-07-01T12:30:00+02", "2025-07-01T12:30:00+02:00"},
		{"", ""}, {"noon", ""}, {"2025-13-01", ""}, {"2025-02-29", ""}, {"2025-07-01T25:00", ""}, {"1751328000", ""},
	}
	for _, tt := range tests {
		var got timestamp
		err := got.setIn(tt.text, here)
		if got.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q is %q (%v), want %q", tt.text, got.String(), err, tt.want)
		}
	}
}

func TestFlagValues(t *testing.T) {
	tests := []struct {
		value pflag.Value
		texts map[string]string // input to value; "" if it is refused
	}{
		{new(schemaVersion), map[string]string{"1.0": "1.0", "12.34": "12.34", "1": "", "0.1": "", "1.x": "", "-1.0": "", "1.0.0": ""}},
		{new(seconds), map[string]string{"0": "0", "1.5": "1.5", "inf": "inf", "1e300": "inf", "-1": "", "NaN": "", "soon": ""}},
		{new(count), map[string]string{"0": "0", "17": "17", "inf": "inf", "-1": "", "1.5": ""}},
		{new(logLevel), map[string]string{"WARN": "WARN", "warning": "WARN", "FATAL": "CRITICAL", "none": "NONE", "loud": ""}},
	}
	for _, tt := range tests {
		for text, want := range tt.texts {
			err := tt.value.Set(text)
			if (err == nil) != (want != "") || err == nil && tt.value.String() != want {
				t.Errorf("%s %q is %q (%v), want %q", tt.value.Type(), text, tt.value, err, want)
			}
		}
	}
}
