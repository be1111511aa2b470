// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// grouped writes a number with its digits in groups of three.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), "\u202f") // narrow no-break space
}

// ago returns how long ago a time was.
func ago(now, then time.Time) string {
	d := now.Sub(then)
	count := func(n time.Duration, unit string) string {
		if n == 1 {
			return "1 " + unit + " ago"
		}
		return strconv.Itoa(int(n)) + " " + unit + "s ago"
	}
	switch {
	case d < 0:
		return "in the future"
	case d < 2*time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return count(d/time.Minute, "minute")
	case d < 48*time.Hour:
		return count(d/time.Hour, "hour")
	case d < 60*24*time.Hour:
		return count(d/(24*time.Hour), "day")
	}
	return then.Format("2006-01-02")
}

// shortHash returns the first 12 characters of a commit hash.
func shortHash(hash string) string { return hash[:min(12, len(hash))] }

// part is the share of the results with one outcome in a bar.
type part struct {
	Name  string // the outcome, in words; also its class in the style sheet
	Count int64
	From  float64 // where the part begins, of 100
	Width float64 // how wide it is, of 100
}

// outcomes is the order of the parts.
var outcomes = []struct {
	status report.Status
	name   string
}{
	{report.StatusFail, "fail"}, {report.StatusError, "error"}, {report.StatusMiss, "miss"},
	{report.StatusPass, "pass"}, {report.StatusDone, "done"}, {report.StatusSkip, "skip"}, {"", "unknown"},
}

// leastWidth is the width of the smallest part, so that one failure among thousands of
// tests is visible.
const leastWidth = 2.5

// parts returns the parts of a bar that are not empty, worst first.
func parts(r map[report.Status]int64) []part {
	var all []part
	var total, spare float64
	for _, o := range outcomes {
		if n := r[o.status]; n > 0 {
			all = append(all, part{Name: o.name, Count: n})
			total += float64(n)
		}
	}
	for i := range all {
		all[i].Width = max(100*float64(all[i].Count)/total, leastWidth)
		spare += all[i].Width
	}
	from := 0.0
	for i := range all {
		all[i].Width *= 100 / spare
		all[i].From = from
		from += all[i].Width
	}
	return all
}
