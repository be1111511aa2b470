// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Line returns a text of a report as one line of at most 200 characters, without
// characters that move the cursor or change the direction of writing.
func Line(text string) string { return describe.Line(text) }

// shorten returns a text from a URL, short enough for a title.
func shorten(text string) string {
	const most = 60
	if line := []rune(Line(text)); len(line) > most {
		return string(line[:most]) + "..."
	}
	return Line(text)
}

// Grouped writes a number with a comma between groups of three digits.
func Grouped(n int64) string { return verdict.Number(n) }

// Plural returns a number with a noun, such as "1 build" and "2 builds".
func Plural(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay"):
		return Grouped(n) + " " + strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "ch"):
		return Grouped(n) + " " + noun + "es"
	}
	return Grouped(n) + " " + noun + "s"
}

// Age returns how much time passed, in its largest unit: "48 min", "13 h", "4 d". It
// returns "0 min" for a time to come, and "" for the zero time.
func Age(now, then time.Time) string {
	if then.IsZero() {
		return ""
	}
	switch d := max(now.Sub(then), 0); {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}

// Day returns a day such as "19 Nov", with the year if it is not that of now.
func Day(now, then time.Time) string {
	if then.UTC().Year() != now.UTC().Year() {
		return then.UTC().Format("2 Jan 2006")
	}
	return then.UTC().Format("2 Jan")
}

// Duration returns seconds in words, such as "23.4 s", "4 min 10 s" or "2 h 5 min".
func Duration(seconds float64) string {
	switch {
	case seconds < 60:
		return strconv.FormatFloat(seconds, 'f', -1, 32) + " s"
	case seconds < 3600:
		return fmt.Sprintf("%d min %d s", int(seconds)/60, int(seconds)%60)
	}
	return fmt.Sprintf("%d h %d min", int(seconds)/3600, int(seconds)%3600/60)
}

// InUnit returns a measured value in the unit to read it in: seconds become milliseconds or
// microseconds if they are few, and other units stay.
func InUnit(value float64, unit string) (float64, string) {
	switch size := math.Abs(value); {
	case unit != "s" || size == 0 || size >= 1:
		return value, unit
	case size >= 1e-3:
		return value * 1e3, "ms"
	}
	return value * 1e6, "µs"
}

// Measured returns a measured value with four digits and its unit.
func Measured(value float64, unit string) string {
	value, unit = InUnit(value, unit)
	text := strconv.FormatFloat(value, 'g', 4, 64)
	if size := math.Abs(value); size >= 1000 && size < 1e15 {
		text = Grouped(int64(math.Round(value)))
	}
	return strings.TrimSpace(text + " " + Line(unit))
}

// Names returns the first names, and how many more there are: "a, b, c and 2 more".
func Names(names []string) string {
	const most = 3
	var shown []string
	for _, name := range names[:min(most, len(names))] {
		shown = append(shown, Line(name))
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Text returns a text of an object, "" if the object has none.
func Text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Size returns a number of bytes in a unit, such as "412 kB".
func Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return Plural(bytes, "byte")
	case bytes < 1_000_000:
		return fmt.Sprintf("%d kB", bytes/1000)
	case bytes < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
