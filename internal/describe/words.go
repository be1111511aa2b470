// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// plural writes a number of things: "1 test", "12 tests". An irregular plural is given
// as well.
func plural(n int64, singular string, irregular ...string) string {
	switch {
	case n == 1:
		return "1 " + singular
	case len(irregular) > 0:
		return verdict.Number(n) + " " + irregular[0]
	}
	return verdict.Number(n) + " " + singular + "s"
}

// duration writes a duration in at most two units.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + duration(-max(d, -math.MaxInt64))
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	}
	d = d.Round(time.Second)
	units := []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, unit := range units {
		if d < unit.of {
			continue
		}
		text := strconv.Itoa(int(d/unit.of)) + " " + unit.name
		if i+1 < len(units) {
			if rest := d % unit.of / units[i+1].of; rest > 0 {
				text += " " + strconv.Itoa(int(rest)) + " " + units[i+1].name
			}
		}
		return text
	}
	return "0 s"
}

// date writes a time to the minute, in UTC because readers are everywhere. The zero
// time is "".
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// shortHash returns the first 12 characters of a hash.
func shortHash(hash string) string { return head(hash, 12) }

// listWords lists words: "a, b and c". It counts words beyond the most: "a, b and 3
// more".
func listWords(words []string, most int) string {
	if len(words) > most+1 { // for one more there is room, too
		words = append(append([]string{}, words[:most]...), verdict.Number(int64(len(words)-most))+" more")
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// scales are the prefixes of units with their factors.
var scales = map[report.Prefix][]scale{
	report.PrefixMetric: {
		{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"", 1}, {"m", 1e-3}, {"u", 1e-6}, {"n", 1e-9},
	},
	report.PrefixBinary: {{"Ti", 1 << 40}, {"Gi", 1 << 30}, {"Mi", 1 << 20}, {"Ki", 1 << 10}, {"", 1}},
}

type scale struct {
	prefix string
	of     float64
}

// measured writes the number that a test measured, with its unit and a suitable prefix;
// "" without a number.
func measured(n *report.Number) string {
	if n == nil {
		return ""
	}
	value, prefix, unit := n.Value, "", ""
	if n.Unit != nil {
		unit = line(*n.Unit)
	}
	if n.Prefix != nil && value != 0 {
		for _, s := range scales[*n.Prefix] {
			if prefix = s.prefix; math.Abs(n.Value) >= s.of {
				value = n.Value / s.of
				break
			}
		}
		if value == n.Value {
			prefix = "" // smaller than the smallest: as it is
		}
		value, _ = strconv.ParseFloat(fmt.Sprintf("%.4g", value), 64)
	}
	format := byte('g')
	if size := math.Abs(value); size < 1e15 && (size > 1e-4 || size == 0) {
		format = 'f'
	}
	return strings.TrimSpace(strconv.FormatFloat(value, format, -1, 64) + " " + prefix + unit)
}

// integer is for templates, whose integers have any type.
func integer(n any) (int64, error) {
	v := reflect.ValueOf(n)
	if !v.CanInt() {
		return 0, fmt.Errorf("%T is no integer", n)
	}
	return v.Int(), nil
}

// counts writes the total, and the number for each status: "3: 1 FAIL, 2 PASS".
func counts(c summary.Counts) string {
	var parts []string
	for _, status := range summary.Statuses {
		if n := c[status]; n > 0 {
			parts = append(parts, verdict.Number(n)+" "+cmp.Or(string(status), "without result"))
		}
	}
	if len(parts) == 0 {
		return "none known"
	}
	return verdict.Number(c.Total()) + ": " + strings.Join(parts, ", ")
}
