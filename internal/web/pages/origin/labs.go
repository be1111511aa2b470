// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// labsPage is the data of the list of labs.
type labsPage struct {
	question
	All     int // labs, also those that the filter leaves out
	Origins []string
	Rows    []*labRow
}

// labRow is a lab.
type labRow struct {
	Name      string
	State     state
	Counts    answers.Amounts // of the days of the page
	Lost, All int64           // boots and tests of these days
	Origins   []string
	Active    activity
	lostByDay []int64 // newest first
}

func (l *labRow) add(v *answers.Volume) {
	v.AddTo(&l.Counts)
	if v.IsResult() {
		l.All += v.N
	}
	if v.Lost() {
		l.Lost += v.N
	}
	if !slices.Contains(l.Origins, v.Origin) {
		l.Origins = append(l.Origins, v.Origin)
	}
}

func (l *labRow) results() int64 { return l.Counts.Builds + l.All }

// Share returns the share of lost boots and tests.
func (l *labRow) Share() string { return percent(l.Lost, l.All) }

// Trend returns the lost boots and tests by day.
func (l *labRow) Trend() template.HTML {
	return shell.Trend(l.lostByDay, "f-lab", "Lost boots and tests by day")
}

// Last returns the last day with results.
func (l *labRow) Last() time.Time { return answers.Time(l.Active.last()) }

// activity is the days on which something started, in any order.
type activity []int64

// add adds a day.
func (a *activity) add(day int64) {
	if !slices.Contains(*a, day) {
		*a = append(*a, day)
	}
}

// last returns the last day, 0 for none.
func (a activity) last() (last int64) {
	for _, day := range a {
		last = max(last, day)
	}
	return last
}

// longest returns the most days from one day with something to the next.
func (a activity) longest() (longest int64) {
	days := slices.Sorted(slices.Values(a))
	for i := 1; i < len(days); i++ {
		longest = max(longest, days[i]-days[i-1])
	}
	return longest
}

// silent reports whether it pauses for longer than ever, and for more than a day.
func (a activity) silent(today int64) bool {
	pause := today - a.last()
	return len(a) > 1 && pause > 1 && pause > a.longest()
}

// labState returns how a lab is.
func labState(health *answers.LabHealth, active activity, today int64) state {
	switch {
	case health != nil && health.Sick():
		return sick
	case active.silent(today):
		return silent
	case len(active) < 2:
		return unsure
	}
	return sending
}

// labs is the list of labs.
func (o *room) labs(r *http.Request) (*shell.Page, error) {
	if err := o.NeedCounts(); err != nil {
		return nil, err
	}
	q, err := o.question(r, listDays)
	if err != nil {
		return nil, err
	}
	health, err := o.readHealth(r.Context())
	if err != nil {
		return nil, err
	}
	volumes, err := o.Answers.Volumes(r.Context(), answers.VolumesOf{Days: q.widened()})
	if err != nil {
		return nil, err
	}
	p := &labsPage{question: q}
	p.add(health, volumes)
	return &shell.Page{
		Title: p.Sentence(), Section: "Labs", Content: templates.Content("labs.html", p),
		JSON: metricsURL(q.Days), Changed: newest(health, q.Now),
	}, nil
}

// metricsURL returns the API call that counts the objects of days.
func metricsURL(days answers.Days) string {
	return fmt.Sprintf("/api/metrics?start_days_ago=%d", days.Last-days.First+1)
}

// add adds the labs, those that need a look first.
func (p *labsPage) add(health *answers.Health, volumes []answers.Volume) {
	rows := make(map[string]*labRow)
	origins := make(map[string]bool)
	for i := range volumes {
		v := &volumes[i]
		if v.Lab == "" {
			continue
		}
		origins[v.Origin] = true
		if !p.Matches("origin", v.Origin) {
			continue
		}
		l := rows[v.Lab]
		if l == nil {
			l = &labRow{Name: v.Lab, lostByDay: make([]int64, p.Days.Last-p.Days.First+1)}
			rows[v.Lab] = l
		}
		if l.Active.add(v.Day); v.Day >= p.Days.First {
			l.add(v)
			if v.Lost() {
				l.lostByDay[p.Days.Last-v.Day] += v.N
			}
		}
	}
	p.All, p.Origins = len(rows), slices.Sorted(maps.Keys(origins))
	for _, l := range rows {
		l.State = labState(healthOf(health, l.Name), l.Active, p.Days.Last)
		if p.finds(l.Name) {
			p.Rows = append(p.Rows, l)
		}
	}
	slices.SortFunc(p.Rows, func(a, b *labRow) int {
		return cmp.Or(cmp.Compare(a.State.rank(), b.State.rank()), cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.Name, b.Name))
	})
}

// healthOf returns the health of a lab, nil if it had no boots or tests lately.
func healthOf(h *answers.Health, lab string) *answers.LabHealth {
	for i := range h.Labs {
		if h.Labs[i].Lab == lab {
			return &h.Labs[i]
		}
	}
	return nil
}

func (p *labsPage) Bar() shell.FilterBar {
	return p.Filter.Bar(shell.Field{Label: "Lab", Name: "q", Placeholder: "lava", Wide: true},
		shell.Field{Label: "Origin", Name: "origin", Options: shell.Options(p.Origins...)}, daysField("7 days"))
}

// in returns the names of the labs in a state.
func (p *labsPage) in(s state) (names []string) {
	for _, l := range p.Rows {
		if l.State == s {
			names = append(names, shell.Line(l.Name))
		}
	}
	return names
}

// Kind returns the class of the verdict on all labs.
func (p *labsPage) Kind() verdict.Kind {
	switch {
	case len(p.Rows) == 0:
		return shell.Wait
	case len(p.in(sick))+len(p.in(silent)) > 0:
		return verdict.Lab
	}
	return verdict.OK
}

// Mark returns the verdict on all labs.
func (p *labsPage) Mark() template.HTML {
	words := "ALL WORK"
	switch lost, quiet := len(p.in(sick)), len(p.in(silent)); {
	case len(p.Rows) == 0:
		words = "NONE"
	case lost > 0:
		words = fmt.Sprintf("%d SICK", lost)
	case quiet > 0:
		words = fmt.Sprintf("%d SILENT", quiet)
	}
	return shell.Marked(p.Kind(), words)
}

// Sentence says which labs lose results.
func (p *labsPage) Sentence() string {
	lost := p.in(sick)
	if len(lost) == 0 {
		return silentOf(p.in(silent), len(p.Rows), "lab")
	}
	verb := map[bool]string{true: "loses", false: "lose"}[len(lost) == 1]
	return fmt.Sprintf("%d of %s %s more results than usual: %s.", len(lost), shell.Plural(int64(len(p.Rows)), "lab"), verb, shell.Names(lost))
}

// Also names the labs that are silent, if others lose results.
func (p *labsPage) Also() string {
	if names := p.in(silent); len(names) > 0 && len(p.in(sick)) > 0 {
		return "Silent: " + shell.Names(names) + "."
	}
	return ""
}
