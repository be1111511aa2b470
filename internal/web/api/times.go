// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// seconds is a time in seconds since 1970, which clients send as a number or as a text.
type seconds float64

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(text []byte) error {
	unquoted := strings.Trim(string(text), `"`)
	n, err := strconv.ParseFloat(unquoted, 64)
	if err != nil || math.Abs(n) > maxSeconds {
		return errors.New("expected seconds since 1970")
	}
	*s = seconds(n)
	return nil
}

// maxSeconds is the first moment after the year 9999: JSON has four digits for the
// year.
const maxSeconds = 253402300799

// Schema implements huma.SchemaProvider.
func (seconds) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "Seconds since 1970, a number or a text",
		OneOf: []*huma.Schema{
			{Type: huma.TypeNumber, Minimum: new(-float64(maxSeconds)), Maximum: new(float64(maxSeconds))},
			{Type: huma.TypeString, Pattern: `^-?[0-9]{1,11}$`},
		},
	}
}

// daysBetween returns the days of a time.
func daysBetween(start, end seconds) (answers.Days, error) {
	if start > end {
		return answers.Days{}, badRequest(fmt.Sprintf("startTimestampInSeconds, %.0f, is after endTimestampInSeconds, %.0f", start, end))
	}
	return answers.DaysOf(time.Unix(int64(start), 0), time.Unix(int64(end), 0)), nil
}

// timeOrNull returns a time in microseconds since 1970 for an answer: null if it is 0.
func timeOrNull(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	return new(time.UnixMicro(micros).UTC())
}

// utcTime returns a time of an object for an answer.
func utcTime(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// parseTime returns the time in a parameter, in microseconds since 1970; 0 for "". A
// plus of a time zone that the client did not escape in the URL arrives as a space.
func parseTime(parameter, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= -maxSeconds && n <= maxSeconds {
		return microsOf(n), nil
	}
	const date = len(time.DateOnly)
	if len(text) > date && text[date] == ' ' {
		text = text[:date] + "T" + text[date+1:] // Python prints times so
	}
	at, err := time.Parse(time.RFC3339Nano, strings.ReplaceAll(text, " ", "+"))
	if err != nil {
		return 0, badRequest(fmt.Sprintf("%s is %.60q: expected a time, as in 2026-03-10T12:00:00Z, or seconds since 1970", parameter, text))
	}
	return at.UnixMicro(), nil
}

// beginning is the first moment of the year 1, in microseconds since 1970. No object is
// older, and databases need not support older times.
const beginning = -62135596800 * 1_000_000

// microsOf converts seconds since 1970 to microseconds.
func microsOf(seconds float64) int64 { return max(int64(seconds*1e6), beginning) }

func secondsOf(parameter, text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(n) > maxSeconds {
		return 0, badRequest(fmt.Sprintf("%s is %.40q: expected seconds since 1970", parameter, text))
	}
	return n, nil
}

// startOf returns a start in microseconds since 1970, 0 if it is unknown.
func startOf(t *time.Time) int64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
