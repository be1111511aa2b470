// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"strconv"
	"time"
)

// ErrTime is the error of ParseTime.
var ErrTime = errors.New("not a time of ISO 8601, as in 2025-07-01T12:30:00+02:00")

// ParseTime reads a time that a person or a script writes in a command or a query: a time
// of ISO 8601, in the basic or the extended format, with any precision from the year to
// the nanosecond. The date may name the month and day, the week ("2025-W27-2") or the day
// of the year ("2025-182"). Any character except a digit may separate date and time of
// day, such as "T" or the blank that Python prints. A time without a zone is in the given
// zone.
//
// Times in reports have a stricter format (see Schema).
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	p := isoParser{rest: text}
	year, month, day := p.date()
	nanos := int64(0)
	if p.rest != "" && !p.failed {
		p.separator()
		nanos, zone = p.clock(zone)
	}
	if p.failed || p.rest != "" {
		return time.Time{}, ErrTime
	}
	const hour = int64(time.Hour)
	return time.Date(year, time.Month(month), day, int(nanos/hour), 0, 0, int(nanos%hour), zone), nil
}

// isoParser reads a time of ISO 8601 from left to right. A malformed part
// makes it fail, and is returned as zero.
type isoParser struct {
	rest   string
	failed bool
}

// number reads a number of the given length, between least and most.
func (p *isoParser) number(digits, least, most int) int {
	if span(p.rest[:min(digits, len(p.rest))], classDigit) < digits {
		p.failed = true
		return 0
	}
	n, _ := strconv.Atoi(p.rest[:digits])
	if n < least || n > most {
		p.failed = true
	}
	p.rest = p.rest[digits:]
	return n
}

// skip skips a character, and reports whether it came next.
func (p *isoParser) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// separator skips the character between date and time of day.
func (p *isoParser) separator() {
	if charClass[p.rest[0]]&classDigit != 0 {
		p.failed = true
	}
	p.rest = p.rest[1:]
}

// date reads a date. A month or day that is left out is 1.
func (p *isoParser) date() (year, month, day int) {
	year, month, day = p.number(4, 1, 9999), 1, 1
	extended := p.skip('-')
	digits := span(p.rest, classDigit)
	switch {
	case p.rest == "" && !extended:
	case p.skip('W'):
		return p.week(year, extended)
	case digits == 3 || !extended && digits == 7: // a time of day without zone may follow
		day = p.number(3, 1, 365+daysIn(year, 2)-28)
	case !extended:
		month = p.number(2, 1, 12)
		day = p.number(2, 1, daysIn(year, month))
	default:
		month = p.number(2, 1, 12)
		if p.rest != "" {
			p.expect('-')
			day = p.number(2, 1, daysIn(year, month))
		}
	}
	return year, month, day
}

// expect skips a character that must come next.
func (p *isoParser) expect(c byte) {
	if !p.skip(c) {
		p.failed = true
	}
}

// week reads the number of a week, and a day of the week; 1 is Monday.
func (p *isoParser) week(year int, extended bool) (int, int, int) {
	week, weekday := p.number(2, 1, 53), 1
	if p.rest != "" {
		if extended {
			p.expect('-')
		}
		weekday = p.number(1, 1, 7)
	}
	// The 4th of January always is in the first week.
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := (int(fourth.Weekday()) + 6) % 7
	return year, 1, 4 - monday + (week-1)*7 + weekday - 1
}

// clock reads a time of day, as nanoseconds since midnight, and its zone, or
// returns the given zone. 24:00 is the midnight that ends the day.
func (p *isoParser) clock(zone *time.Location) (int64, *time.Location) {
	t := time.Duration(p.number(2, 0, 24)) * time.Hour
	extended := p.skip(':')
	if extended || p.digits() {
		t += time.Duration(p.number(2, 0, 59)) * time.Minute
		if extended && p.skip(':') || !extended && p.digits() {
			t += time.Duration(p.number(2, 0, 59)) * time.Second
			if p.skip('.') || p.skip(',') {
				t += p.fraction()
			}
		}
	}
	if t > 24*time.Hour {
		p.failed = true
	}
	switch {
	case p.skip('Z'), p.skip('z'):
		zone = time.UTC
	case p.skip('+'):
		zone = p.offset(+1)
	case p.skip('-'):
		zone = p.offset(-1)
	}
	return int64(t), zone
}

// digits reports whether a digit comes next.
func (p *isoParser) digits() bool { return p.rest != "" && charClass[p.rest[0]]&classDigit != 0 }

// fraction reads the digits of a fraction of a second. Digits beyond the
// nanosecond are dropped.
func (p *isoParser) fraction() time.Duration {
	n := span(p.rest, classDigit)
	if n == 0 {
		p.failed = true
		return 0
	}
	nanos, unit := time.Duration(0), time.Second/10
	for i := 0; i < n; i, unit = i+1, unit/10 {
		nanos += time.Duration(p.rest[i]-'0') * unit
	}
	p.rest = p.rest[n:]
	return nanos
}

// offset reads the offset of a zone from UTC.
func (p *isoParser) offset(sign int) *time.Location {
	seconds := p.number(2, 0, 23) * 3600
	if p.skip(':') || p.digits() {
		seconds += p.number(2, 0, 59) * 60
	}
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone("", sign*seconds)
}
