// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// labPage is the data of the page of a lab.
type labPage struct {
	question
	labRow
	Health  *answers.LabHealth // nil if it had no boots or tests lately
	Recent  answers.Days       // the last two days with results, for the parts below
	Boards  []board
	Reasons []reason
	Trees   []tree
	outcomes
	hours       map[time.Time]int64 // lost boots and tests
	first, last time.Time           // of them
}

// board is a platform in a lab.
type board struct {
	Platform        string
	Booted, Boots   int64
	Tests, Lost, of int64
}

// Share returns the share of lost boots and tests.
func (b board) Share() string { return percent(b.Lost, b.of) }

// reason is why results were lost, in the words of the lab; "" for no words.
type reason struct {
	Text string
	N    int64
}

// The most boards and reasons that the page shows.
const (
	maxBoards  = 100
	maxReasons = 8
)

// lab is the page of a lab.
func (o *room) lab(r *http.Request) (*shell.Page, error) {
	if err := o.NeedCounts(); err != nil {
		return nil, err
	}
	names := shell.Segments(r, "/lab/")
	if len(names) != 1 {
		return nil, shell.NotFound("No such page", "The page of a lab is /lab/NAME. /labs lists them.")
	}
	q, err := o.question(r, pageDays)
	if err != nil {
		return nil, err
	}
	p := &labPage{question: q, labRow: labRow{Name: names[0]}}
	health, err := o.readHealth(r.Context())
	if err != nil {
		return nil, err
	}
	if err := o.readLab(r.Context(), p, health); err != nil {
		return nil, err
	}
	return &shell.Page{
		Title: string(p.State) + ": " + shell.Line(p.Name), Section: "Labs", Crumbs: []shell.Link{{Text: "Labs", URL: "/labs"}, {Text: p.Name}},
		Content: templates.Content("lab.html", p), JSON: metricsURL(q.Days), Changed: newest(health, q.Now),
	}, nil
}

func (o *room) readLab(ctx context.Context, p *labPage, health *answers.Health) error {
	volumes, err := o.Answers.Volumes(ctx, answers.VolumesOf{Days: p.widened(), Lab: p.Name})
	if err != nil {
		return err
	}
	if len(volumes) == 0 {
		return shell.NotFound("No such lab", fmt.Sprintf("No lab of this name ran anything in the last %s. /labs lists those that did; days=366 looks back a year.", p.Period()))
	}
	p.addVolumes(volumes, health)
	counts, err := o.Answers.LabCounts(ctx, p.Name, p.Recent)
	if err != nil {
		return err
	}
	counts = slices.DeleteFunc(counts, func(c answers.LabCount) bool { return !p.Matches("origin", c.Origin) })
	builds, lost := p.addCounts(counts)
	if len(lost) > 0 {
		if err := o.Answers.LostAt(ctx, p.Name, lost, p.Recent, p.addLost); err != nil {
			return err
		}
	}
	checkouts, err := o.Answers.CheckoutsOfBuilds(ctx, builds)
	p.Trees = treesOf(checkouts, o.Trees)
	return err
}

// addVolumes adds the numbers of the days.
func (p *labPage) addVolumes(volumes []answers.Volume, health *answers.Health) {
	p.outcomes = outcomes{byDay: make(shell.DayCounts)}
	for i := range volumes {
		v := &volumes[i]
		if !p.Matches("origin", v.Origin) {
			continue
		}
		if p.Active.add(v.Day); v.Day >= p.Days.First {
			p.labRow.add(v)
			p.outcomes.add(v)
		}
	}
	p.Health = healthOf(health, p.Name)
	p.State = labState(p.Health, p.Active, p.Days.Last)
	p.Recent = answers.Days{First: p.Active.last() - 1, Last: p.Active.last()}
}

// addCounts adds the boards and the reasons of the recent days. It returns the builds, and
// those with lost results.
func (p *labPage) addCounts(counts []answers.LabCount) (builds, lost []string) {
	boards, reasons := make(map[string]*board), make(map[string]int64)
	used, with := make(map[string]bool), make(map[string]bool)
	for i := range counts {
		c := &counts[i]
		used[c.BuildID] = true
		if boards[c.Platform] == nil {
			boards[c.Platform] = &board{Platform: c.Platform}
		}
		boards[c.Platform].add(c)
		if c.Lost() {
			with[c.BuildID] = true
			reasons[c.Reason] += c.N
		}
	}
	delete(boards, "")
	for _, b := range boards {
		p.Boards = append(p.Boards, *b)
	}
	slices.SortFunc(p.Boards, func(a, b board) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.Platform, b.Platform))
	})
	for text, n := range reasons {
		p.Reasons = append(p.Reasons, reason{text, n})
	}
	slices.SortFunc(p.Reasons, func(a, b reason) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Text, b.Text)) })
	return slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(with))
}

func (b *board) add(c *answers.LabCount) {
	b.of += c.N
	if c.Lost() {
		b.Lost += c.N
	}
	if c.Kind != rollup.Boots {
		b.Tests += c.N
		return
	}
	b.Boots += c.N
	if c.Status == report.StatusPass {
		b.Booted += c.N
	}
}

// addLost adds a lost boot or test by its start.
func (p *labPage) addLost(start int64) {
	at := time.UnixMicro(start).UTC()
	if p.hours == nil {
		p.hours = make(map[time.Time]int64)
	}
	p.hours[at.Truncate(time.Hour)]++
	if p.first.IsZero() || at.Before(p.first) {
		p.first = at
	}
	if at.After(p.last) {
		p.last = at
	}
}

// Hours returns the lost boots and tests by hour, nil for none.
func (p *labPage) Hours() *shell.Chart {
	if len(p.hours) == 0 {
		return nil
	}
	c := &shell.Chart{Title: "Lost boots and tests by hour", First: "Hour, UTC", Series: []shell.Series{{Name: "lost", Class: "f-lab"}}}
	end := answers.Time(p.Recent.Last + 1)
	if p.Now.Before(end) {
		end = p.Now.Truncate(time.Hour).Add(time.Hour)
	}
	for at := end.Add(-time.Hour); !at.Before(answers.Time(p.Recent.First)); at = at.Add(-time.Hour) {
		c.Rows = append(c.Rows, shell.ChartRow{Name: at.Format("2 Jan 15:04"), N: []int64{p.hours[at]}})
	}
	return c
}

// Between says when the recent results were lost.
func (p *labPage) Between() string {
	if p.first.IsZero() {
		return ""
	}
	return fmt.Sprintf("Lost from %s to %s UTC.", p.first.Format("2 Jan 15:04"), p.last.Format("2 Jan 15:04"))
}

// ByDay returns the boots and tests by day.
func (p *labPage) ByDay() *shell.Chart {
	return p.byDay.Chart("Boots and tests by day", p.Now, p.Days, outcomeSeries...)
}

// ShownBoards returns the boards that are shown, and MoreBoards the number of the others.
func (p *labPage) ShownBoards() []board { return p.Boards[:min(maxBoards, len(p.Boards))] }
func (p *labPage) MoreBoards() int64    { return int64(len(p.Boards) - len(p.ShownBoards())) }

// ShownReasons returns the commonest reasons.
func (p *labPage) ShownReasons() []reason { return p.Reasons[:min(maxReasons, len(p.Reasons))] }

// RecentDays returns the recent days in words.
func (p *labPage) RecentDays() string {
	return shell.Day(p.Now, answers.Time(p.Recent.First)) + " and " + shell.Day(p.Now, answers.Time(p.Recent.Last))
}

// Sentence says how the lab is.
func (p *labPage) Sentence() string {
	name, today := shell.Line(p.Name), p.Days.Last
	switch p.State {
	case sick:
		return name + " lost " + lostWords(p.Health)
	case silent:
		return fmt.Sprintf("%s ran nothing since %s; its longest pause was %s before.", name, shell.Day(p.Now, p.Last()), shell.Plural(p.Active.longest()-1, "day"))
	case unsure:
		return fmt.Sprintf("%s ran something on one day only, %s.", name, shell.Day(p.Now, p.Last()))
	}
	if p.Health == nil || p.Health.Today.Results+p.Health.Yesterday.Results == 0 {
		return fmt.Sprintf("%s ran nothing today and yesterday, as it does at times; last on %s.", name, shell.Day(p.Now, p.Last()))
	}
	lost := p.Health.Today.Lost + p.Health.Yesterday.Lost
	of := p.Health.Today.Results + p.Health.Yesterday.Results
	if p.Active.last() < today-1 {
		return fmt.Sprintf("%s works as usual.", name)
	}
	return fmt.Sprintf("%s works as usual: %s of %s lost since yesterday 00:00 UTC.", name, shell.Grouped(lost), shell.Plural(of, "result"))
}

func (p *labPage) Bar() shell.FilterBar {
	return p.Filter.Bar(shell.Field{Label: "Origin", Name: "origin", Options: shell.Options(p.Origins...)}, daysField("30 days"))
}
