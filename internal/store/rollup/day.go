// SPDX-License-Identifier: Apache-2.0

package rollup

import "time"

// DayMicros is the length of a day in microseconds.
const DayMicros = int64(24 * time.Hour / time.Microsecond)

// noDay is the day of an object without a time.
const noDay = -1

// DayOf returns the day of a time in UTC: the number of days since 1970, -1 for the
// zero time and times before 1970.
func DayOf(t time.Time) int64 {
	if t.IsZero() {
		return noDay
	}
	return dayOf(t.UnixMicro())
}

// dayOf returns the day of a time in microseconds since 1970, noDay for times before.
func dayOf(micros int64) int64 {
	if micros < 0 {
		return noDay
	}
	return micros / DayMicros
}

// dayOfStart returns the day of the start of an object, noDay for 0.
func dayOfStart(micros int64) int64 {
	if micros == 0 {
		return noDay
	}
	return dayOf(micros)
}
