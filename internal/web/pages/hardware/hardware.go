// SPDX-License-Identifier: Apache-2.0

// Package hardware has the pages of the hardware that tests run on: the list of boards, and
// a board. A board is a platform, as tests name it.
package hardware

import (
	"embed"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// section is the part of the bar that the pages belong to.
const section = "Hardware"

// standardDays is how many days the pages look back.
const standardDays = 7

// room has what its views read.
type room struct{ *shell.Shell }

// Routes adds the pages to a front.
func Routes(f *front.Front, s *shell.Shell) {
	r := room{s}
	s.Handle(f, "/hardware", r.list, listParams...)
	s.HandleBelow(f, "/hardware/", r.named, boardParams...)
	f.HandleBelow(feedPath, front.Page, front.Methods{http.MethodGet: r.feed})
}

// span is the time that a page is about: whole days in UTC, to a moment.
type span struct {
	n     int // of days
	until time.Time
	answers.Days
}

// spanOf returns the time that a filter selects.
func (r room) spanOf(f shell.Filter) (s span, err error) {
	if s.until, err = f.Until(); err != nil {
		return s, err
	}
	if s.until.IsZero() {
		s.until = r.Now()
	}
	if s.n, err = f.Days(standardDays); err != nil {
		return s, err
	}
	s.Days = answers.DaysOf(s.after(), s.until)
	return s, nil
}

// after returns the beginning of the time.
func (s span) after() time.Time { return s.until.AddDate(0, 0, -s.n) }

// dayOptions are the choices of days in a filter bar.
func dayOptions() (all []shell.Option) {
	for _, days := range []string{"1", "2", "14", "30", "90"} {
		all = append(all, shell.Option{Value: days, Text: days + " days"})
	}
	all[0].Text = "1 day"
	return all
}

// dayField is the field of a filter bar with the number of days.
func dayField() shell.Field {
	return shell.Field{Label: "In", Name: "days", Placeholder: "7 days", Options: dayOptions()}
}
