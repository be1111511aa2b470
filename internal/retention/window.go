// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"fmt"
	"strings"
	"time"
)

// Window is a time of day, every day. It may go over midnight. A window that ends when it
// begins is the whole day.
type Window struct {
	from, to time.Duration // since midnight
	zone     *time.Location
}

// ParseWindow reads a window such as "01:00-05:00" of local time, or "23:30-04:00 UTC".
func ParseWindow(text string) (Window, error) {
	w := Window{zone: time.Local}
	times, isUTC := strings.CutSuffix(text, " UTC")
	if isUTC {
		w.zone = time.UTC
	}
	from, to, _ := strings.Cut(times, "-")
	var err error
	if w.from, err = clock(from); err == nil {
		w.to, err = clock(to)
	}
	if err != nil {
		return Window{}, fmt.Errorf("%q is not HH:MM-HH:MM, a time of day, nor HH:MM-HH:MM UTC", text)
	}
	return w, nil
}

// clock reads a time of day.
func clock(text string) (time.Duration, error) {
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

// At returns the window that t is in, and whether t is in one.
func (w Window) At(t time.Time) (begin, end time.Time, open bool) {
	t = t.In(w.zone)
	for _, daysAgo := range []int{0, 1} { // a window may have begun yesterday
		begin, end = w.on(t.AddDate(0, 0, -daysAgo))
		if !t.Before(begin) && t.Before(end) {
			return begin, end, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// on returns the window that begins on a day.
func (w Window) on(day time.Time) (begin, end time.Time) {
	at := func(days int, clock time.Duration) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+days, 0, int(clock.Minutes()), 0, 0, w.zone)
	}
	begin, end = at(0, w.from), at(0, w.to)
	if !end.After(begin) {
		end = at(1, w.to)
	}
	return begin, end
}
