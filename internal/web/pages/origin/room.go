// SPDX-License-Identifier: Apache-2.0

// Package origin has the pages of the origins, which send results, and of the labs, which
// make them: which are silent, which lose results, and how much comes from each.
package origin

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// room answers with the pages.
type room struct {
	*shell.Shell
	health   shell.Shared[*answers.Health]
	refusals shell.Shared[[]answers.Refusal]
}

// Routes adds the pages to a front.
func Routes(f *front.Front, s *shell.Shell) {
	o := &room{Shell: s}
	s.Handle(f, "/origins", o.origins, "days", "q")
	s.HandleBelow(f, "/origin/", o.origin, "days")
	f.HandleBelow(feedPath, front.Page, front.Methods{http.MethodGet: o.feed})
	s.Handle(f, "/labs", o.labs, "days", "origin", "q")
	s.HandleBelow(f, "/lab/", o.lab, "days", "origin")
}

// The days that the pages show, without the parameter days, and at most.
const (
	listDays = 7
	pageDays = 30
	mostDays = 366
)

// question is what all pages of the room are asked.
type question struct {
	shell.Filter
	Now   time.Time
	Days  answers.Days
	Words string // of the search
}

func (o *room) question(r *http.Request, standard int) (q question, err error) {
	q = question{Filter: shell.FilterOf(r), Now: o.Now().UTC()}
	q.Words = strings.ToLower(q.Get("q"))
	n, err := q.Number("days", standard, 1, mostDays)
	q.Days = answers.LastDays(q.Now, n)
	return q, err
}

// Period returns the days in words.
func (q *question) Period() string { return shell.Plural(q.Days.Last-q.Days.First+1, "day") }

// finds reports whether a name has the words of the search.
func (q *question) finds(name string) bool { return strings.Contains(strings.ToLower(name), q.Words) }

// daysField is the field of the days in the filter bar.
func daysField(standard string) shell.Field {
	return shell.Field{Label: "Last", Name: "days", Placeholder: standard, Options: []shell.Option{
		{Value: "7", Text: "7 days"}, {Value: "14", Text: "14 days"}, {Value: "30", Text: "30 days"}, {Value: "90", Text: "90 days"},
	}}
}

// widened returns the days, and those that make the habit of a lab or an origin.
func (q *question) widened() answers.Days {
	return answers.Days{First: min(q.Days.First, q.Days.Last-answers.HabitDays), Last: q.Days.Last}
}

func (o *room) readHealth(ctx context.Context) (*answers.Health, error) {
	return o.health.Get(ctx, o.Now, func(ctx context.Context) (*answers.Health, error) { return o.Answers.Health(ctx, o.Now()) })
}

// newest returns when an origin sent something last.
func newest(h *answers.Health, now time.Time) (last time.Time) {
	for _, o := range h.Origins {
		// The end of a day stands for an arrival at an unknown time of it.
		if o.Last.After(last) && o.Last.Before(now) {
			last = o.Last
		}
	}
	return last
}
