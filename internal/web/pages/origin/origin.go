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
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// originPage is the data of the page of an origin.
type originPage struct {
	question
	Name     string
	Tokens   bool // receipts name the origin
	Habit    *answers.OriginHabit
	State    state
	Arrivals []answers.Arrival
	// Sent sums the submissions of the last 14 days: of the origin, or without tokens of all
	// senders. Fault is the commonest fault of the refused ones, "" if it is not shown.
	Sent   answers.ReceiptDay
	Fault  string
	FaultN int64
	Trees  []tree
	Labs   []labRow
	Counts answers.Amounts // of the days of the page
	outcomes
	receipts []answers.ReceiptDay // that Sent sums
}

// The most arrivals and trees that the page shows.
const (
	maxArrivals = 15
	maxTrees    = 25
)

// origin is the page of an origin.
func (o *room) origin(r *http.Request) (*shell.Page, error) {
	if err := o.NeedCounts(); err != nil {
		return nil, err
	}
	names := shell.Segments(r, "/origin/")
	if len(names) != 1 {
		return nil, shell.NotFound("No such page", "The page of an origin is /origin/NAME. /origins lists them.")
	}
	q, err := o.question(r, pageDays)
	if err != nil {
		return nil, err
	}
	p := &originPage{question: q, Name: names[0], Tokens: o.Tokens}
	if err := o.readOrigin(r.Context(), p); err != nil {
		return nil, err
	}
	page := &shell.Page{
		Title: string(p.State) + ": " + shell.Line(p.Name), Section: "Origins", Crumbs: []shell.Link{{Text: "Origins", URL: "/origins"}, {Text: p.Name}},
		Content: templates.Content("origin.html", p), JSON: fmt.Sprintf("/api/origins?interval_in_days=%d", q.Days.Last-q.Days.First+1),
		Atom: shell.FeedURL(shell.OriginURL(p.Name)),
	}
	if p.Habit != nil && p.Habit.Latest().Before(q.Now) {
		page.Changed = p.Habit.Latest()
	}
	return page, nil
}

func (o *room) readOrigin(ctx context.Context, p *originPage) error {
	health, err := o.readHealth(ctx)
	if err != nil {
		return err
	}
	p.addHabit(health)
	volumes, err := o.Answers.Volumes(ctx, answers.VolumesOf{Days: p.Days, Origin: p.Name})
	if err != nil {
		return err
	}
	p.addVolumes(volumes, health)
	sent, err := o.readReceipts(ctx)
	if err != nil {
		return err
	}
	p.addReceipts(sent)
	heads, err := o.Answers.TreeHeads(ctx, p.Name, 0, p.Now.UnixMicro())
	if err != nil {
		return err
	}
	p.Trees = treesOf(heads, o.Trees)
	if p.Habit == nil && len(volumes) == 0 && len(heads) == 0 && (!p.Tokens || p.Sent.Submissions == 0) {
		return shell.NotFound("No such origin", fmt.Sprintf("No origin of this name sent results in the last %s. /origins lists those that do.", p.Period()))
	}
	p.Arrivals, err = o.Answers.Arrivals(ctx, p.Name, p.Now.AddDate(0, 0, -receiptDays), p.until(), maxArrivals)
	return err
}

func (p *originPage) addHabit(health *answers.Health) {
	for i := range health.Origins {
		if health.Origins[i].Origin == p.Name {
			p.Habit = &health.Origins[i]
		}
	}
	p.State = originState(p.Habit, p.Now)
}

// addReceipts adds the submissions, without tokens those of all senders.
func (p *originPage) addReceipts(all *receipts) {
	is := func(submitter string) bool { return submitter == p.Name }
	if !p.Tokens {
		is = func(string) bool { return true }
		p.Fault, p.FaultN = all.commonest()
	}
	p.receipts = all.of(is)
	p.Sent = answers.SumReceipts(p.receipts)
}

// until returns the time of the last submission, so that the search for those before
// begins there.
func (p *originPage) until() time.Time {
	switch {
	case p.Tokens && !p.Sent.Last.IsZero():
		return p.Sent.Last
	case p.Habit != nil && p.State == silent:
		const load = time.Hour // from arrival to the end, at most
		return p.Habit.Latest().Add(load)
	}
	return p.Now
}

// addVolumes adds the numbers of the days.
func (p *originPage) addVolumes(volumes []answers.Volume, health *answers.Health) {
	labs := make(map[string]*labRow)
	p.outcomes = outcomes{byDay: make(shell.DayCounts)}
	for i := range volumes {
		v := &volumes[i]
		v.AddTo(&p.Counts)
		p.outcomes.add(v)
		if v.Lab == "" {
			continue
		}
		if labs[v.Lab] == nil {
			labs[v.Lab] = &labRow{Name: v.Lab}
		}
		labs[v.Lab].add(v)
	}
	for _, l := range health.Labs {
		if row := labs[l.Lab]; row != nil && l.Sick() {
			row.State = sick
		}
	}
	for _, name := range slices.Sorted(maps.Keys(labs)) {
		p.Labs = append(p.Labs, *labs[name])
	}
	slices.SortStableFunc(p.Labs, func(a, b labRow) int { return cmp.Compare(b.results(), a.results()) })
}

// Sentence says how the origin is.
func (p *originPage) Sentence() string { return originWords(p.Name, p.Habit, p.Now) }

func (p *originPage) Bar() shell.FilterBar { return p.Filter.Bar(daysField("30 days")) }

// Submissions returns the submissions by day.
func (p *originPage) Submissions() *shell.Chart {
	return shell.SubmissionsChart(p.receipts, p.Now, answers.LastDays(p.Now, receiptDays))
}

// Refused returns the share of refused submissions.
func (p *originPage) Refused() string { return percent(p.Sent.Refused, p.Sent.Submissions) }

// Took returns how long a submission waited.
func (p *originPage) Took(a answers.Arrival) string {
	return shell.Duration(float64(max(a.Finished.Sub(a.Received), 0).Milliseconds()) / 1000)
}

// outcomes are boots and tests by day and outcome.
type outcomes struct {
	byDay                 shell.DayCounts
	Ran, Failing, Missing int64
}

// outcomeSeries are the series of a chart of outcomes, the worst at the foot.
var outcomeSeries = []shell.Series{{Name: "failed", Class: "f-still"}, {Name: "lost", Class: "f-lab"}, {Name: "skipped", Class: "f-skip"}, {Name: "passed", Class: "f-ok"}}

func (o *outcomes) add(v *answers.Volume) {
	if !v.IsResult() {
		return
	}
	o.Ran += v.N
	name := "skipped"
	switch {
	case v.Lost():
		name, o.Missing = "lost", o.Missing+v.N
	case v.Status == report.StatusFail:
		name, o.Failing = "failed", o.Failing+v.N
	case v.Status == report.StatusPass, v.Status == report.StatusDone:
		name = "passed"
	}
	o.byDay.Add(v.Day, name, v.N)
}

// Shares says how many results failed and were lost.
func (o *outcomes) Shares() string {
	if o.Ran == 0 {
		return ""
	}
	noun := "boots and tests"
	if o.Ran == 1 {
		noun = "boot or test"
	}
	return fmt.Sprintf("Of %s %s %s failed and %s were lost: missed, or ended in an error.", shell.Grouped(o.Ran), noun, percent(o.Failing, o.Ran), percent(o.Missing, o.Ran))
}

// tree is a branch with its newest revision of an origin or a lab.
type tree struct {
	Tree, Branch string
	Name, URL    string // of the revision
	Start        time.Time
}

// treesOf returns the trees of checkouts, which are the newest first: each once.
func treesOf(checkouts []answers.Revision, names *treenames.Names) (all []tree) {
	seen := make(map[[2]string]bool)
	for _, c := range checkouts {
		t := tree{Tree: names.Tree(c.TreeName, c.RepositoryURL), Branch: c.Branch, Start: sqldb.Time(c.Start)}
		if key := [2]string{t.Tree, t.Branch}; !seen[key] && len(all) < maxTrees {
			seen[key] = true
			t.Name, t.URL = cmp.Or(c.CommitName, shell.Short(c.CommitHash), c.CheckoutID), shell.CheckoutURL(c.CheckoutID)
			if c.CommitHash != "" {
				t.URL = shell.RevisionURL(c.CommitHash, "")
			}
			all = append(all, t)
		}
	}
	return all
}

// Results returns the boots and tests by day.
func (p *originPage) Results() *shell.Chart {
	return p.byDay.Chart("Boots and tests by day", p.Now, p.Days, outcomeSeries...)
}
