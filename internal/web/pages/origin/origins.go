// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// originsPage is the data of the list of origins.
type originsPage struct {
	question
	Tokens bool // receipts name the origin
	All    int  // origins, also those that the filter leaves out
	Rows   []*originRow
}

// originRow is an origin.
type originRow struct {
	Name   string
	Habit  *answers.OriginHabit // nil if it sent nothing for HabitDays
	State  state
	Counts answers.Amounts // of the days of the page
	Sent   answers.ReceiptDay
	byDay  []int64 // builds, boots and tests, newest first
}

// origins is the list of origins.
func (o *room) origins(r *http.Request) (*shell.Page, error) {
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
	sent, err := o.readReceipts(r.Context())
	if err != nil {
		return nil, err
	}
	p := &originsPage{question: q, Tokens: o.Tokens}
	p.add(health, volumes, sent)
	return &shell.Page{
		Title: p.Sentence(), Section: "Origins", Content: templates.Content("origins.html", p),
		JSON: fmt.Sprintf("/api/origins?interval_in_days=%d", q.Days.Last-q.Days.First+1), Changed: newest(health, q.Now),
	}, nil
}

// add adds the origins that sent something lately, those that need a look first.
func (p *originsPage) add(health *answers.Health, volumes []answers.Volume, sent *receipts) {
	rows := make(map[string]*originRow)
	row := func(name string) *originRow {
		if rows[name] == nil {
			rows[name] = &originRow{Name: name, Sent: answers.SumReceipts(sent.of(func(submitter string) bool { return submitter == name })), byDay: make([]int64, p.Days.Last-p.Days.First+1)}
		}
		return rows[name]
	}
	for i := range health.Origins {
		row(health.Origins[i].Origin).Habit = &health.Origins[i]
	}
	for i := range volumes {
		v := &volumes[i]
		if r := row(v.Origin); v.Day >= p.Days.First {
			v.AddTo(&r.Counts)
			if v.Lab != "" || v.IsResult() {
				r.byDay[p.Days.Last-v.Day] += v.N
			}
		}
	}
	p.All = len(rows)
	for _, r := range rows {
		r.State = originState(r.Habit, p.Now)
		if p.finds(r.Name) {
			p.Rows = append(p.Rows, r)
		}
	}
	slices.SortFunc(p.Rows, func(a, b *originRow) int {
		return cmp.Or(cmp.Compare(a.State.rank(), b.State.rank()), cmp.Compare(a.Name, b.Name))
	})
}

// Trend returns the builds, boots and tests by day.
func (r *originRow) Trend() template.HTML {
	return shell.Trend(r.byDay, "f-1", "Builds, boots and tests by day")
}

// Refused returns the share of refused submissions.
func (r *originRow) Refused() string { return percent(r.Sent.Refused, r.Sent.Submissions) }

// Usually returns how often the origin sends something.
func (r *originRow) Usually() string {
	if r.Habit == nil || r.Habit.Usual == 0 {
		return ""
	}
	return every(r.Habit.Usual)
}

func (p *originsPage) Bar() shell.FilterBar {
	return p.Filter.Bar(shell.Field{Label: "Origin", Name: "q", Placeholder: "maestro", Wide: true}, daysField("7 days"))
}

// silent returns the names of the silent origins.
func (p *originsPage) silent() (names []string) {
	for _, r := range p.Rows {
		if r.State == silent {
			names = append(names, shell.Line(r.Name))
		}
	}
	return names
}

// Mark returns the verdict on all origins.
func (p *originsPage) Mark() template.HTML {
	words := "ALL SEND"
	switch n := len(p.silent()); {
	case len(p.Rows) == 0:
		words = "NONE"
	case n > 0:
		words = fmt.Sprintf("%d SILENT", n)
	}
	return shell.Marked(p.Kind(), words)
}

// Kind returns the class of the verdict.
func (p *originsPage) Kind() verdict.Kind {
	switch {
	case len(p.Rows) == 0:
		return shell.Wait
	case len(p.silent()) > 0:
		return verdict.Lab
	}
	return verdict.OK
}

// Sentence says which origins are silent.
func (p *originsPage) Sentence() string {
	return silentOf(p.silent(), len(p.Rows), "origin")
}

// silentOf says which of the origins or labs are silent.
func silentOf(names []string, of int, noun string) string {
	all := shell.Plural(int64(of), noun)
	switch {
	case of == 0:
		return fmt.Sprintf("No %s sent such results.", noun)
	case len(names) == 0 && of == 1:
		return fmt.Sprintf("The only %s sends as usual.", noun)
	case len(names) == 0:
		return fmt.Sprintf("None of %s is silent.", all)
	case len(names) == 1:
		return fmt.Sprintf("1 of %s is silent: %s.", all, names[0])
	}
	return fmt.Sprintf("%d of %s are silent: %s.", len(names), all, shell.Names(names))
}
