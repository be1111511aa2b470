// SPDX-License-Identifier: Apache-2.0

// Package statistics has the page of numbers: how much came from which origins and labs,
// how fast it got to the pages, and which issues were seen most.
package statistics

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// room answers with the page.
type room struct{ *shell.Shell }

// Routes adds the page to a front.
func Routes(f *front.Front, s *shell.Shell) {
	m := room{s}
	s.Handle(f, "/statistics", m.view, "days", "lab", "origin")
}

// The days that the page shows without the parameter days, and at most.
const (
	standardDays = 30
	mostDays     = 366
)

// page is the data of the page.
type page struct {
	shell.Filter
	Now time.Time
	N   int // days
	*answers.Statistics
	Receipts     []answers.ReceiptDay // of the page's days, but at most of shell.MaxReceiptDays
	ReceiptsDays answers.Days
	Tokens       bool
}

// view is the page.
func (m room) view(r *http.Request) (*shell.Page, error) {
	if err := m.NeedCounts(); err != nil {
		return nil, err
	}
	p := &page{Filter: shell.FilterOf(r), Now: m.Now().UTC(), Tokens: m.Tokens}
	var err error
	if p.N, err = p.Number("days", standardDays, 1, mostDays); err != nil {
		return nil, err
	}
	of := answers.VolumesOf{Days: answers.LastDays(p.Now, p.N), Origin: p.Get("origin"), Lab: p.Get("lab")}
	if p.Statistics, err = m.Answers.Statistics(r.Context(), of); err != nil {
		return nil, err
	}
	all, err := m.ReceiptDays(r.Context())
	if err != nil {
		return nil, err
	}
	p.addReceipts(all)
	return &shell.Page{
		Title: p.Sentence(), Section: "Statistics", Content: templates.Content("statistics.html", p),
		JSON: fmt.Sprintf("/api/metrics?start_days_ago=%d", p.N), Changed: p.changed(),
	}, nil
}

// addReceipts adds the receipts of the days, of the origin if they name it.
func (p *page) addReceipts(all []answers.ReceiptDay) {
	p.ReceiptsDays = answers.LastDays(p.Now, min(p.N, shell.MaxReceiptDays))
	for _, d := range all {
		if d.Day >= p.ReceiptsDays.First && (!p.Tokens || p.Matches("origin", d.Submitter)) {
			p.Receipts = append(p.Receipts, d)
		}
	}
}

// changed returns when the last submission was stored or refused.
func (p *page) changed() (last time.Time) {
	for _, d := range p.Receipts {
		if d.Last.After(last) {
			last = d.Last
		}
	}
	return last
}

// Bar returns the filter bar.
func (p *page) Bar() shell.FilterBar {
	origins, labs := make(map[string]bool), make(map[string]bool)
	for i := range p.Volumes {
		origins[p.Volumes[i].Origin] = true
		if lab := p.Volumes[i].Lab; lab != "" {
			labs[lab] = true
		}
	}
	return p.Filter.Bar(
		shell.Field{Label: "Last", Name: "days", Placeholder: "30 days", Options: []shell.Option{{Value: "7", Text: "7 days"}, {Value: "14", Text: "14 days"}, {Value: "90", Text: "90 days"}}},
		shell.Field{Label: "Origin", Name: "origin", Options: shell.Options(slices.Sorted(maps.Keys(origins))...)},
		shell.Field{Label: "Lab", Name: "lab", Options: shell.Options(slices.Sorted(maps.Keys(labs))...)},
	)
}

// Period returns the days in words.
func (p *page) Period() string { return shell.Plural(int64(p.N), "day") }

// ReceiptsPeriod returns the days of the receipts in words.
func (p *page) ReceiptsPeriod() string {
	return shell.Plural(p.ReceiptsDays.Last-p.ReceiptsDays.First+1, "day")
}

func sum(a answers.Amounts) int64 { return a.Builds + a.Boots + a.Tests }

// Empty reports whether nothing started on the days.
func (p *page) Empty() bool { return p.started().Checkouts+sum(p.started()) == 0 }

// started returns the amounts of the days.
func (p *page) started() answers.Amounts { return p.Statistics.Now.Amounts }

// Mark returns the mark of the sentence.
func (p *page) Mark() template.HTML {
	if p.Empty() {
		return shell.Marked(shell.Wait, "NONE")
	}
	return shell.Marked(verdict.Skip, strings.ToUpper(p.Period()))
}

// Sentence says how much came in.
func (p *page) Sentence() string {
	if p.Empty() {
		return fmt.Sprintf("Nothing started in the last %s.", p.Period())
	}
	now, before := sum(p.started()), sum(p.Before.Amounts)
	text := fmt.Sprintf("%s in %s", shell.Plural(now, "result"), p.Period())
	switch change := change(now, before); {
	case before == 0:
		return text + ", none in the days before."
	case change == "":
		return text + ", as many as before."
	default:
		return text + ", " + change + " against the days before."
	}
}

// change returns the change of a number in words; "" for none.
func change(now, before int64) string {
	switch {
	case now == before:
		return ""
	case before == 0:
		return "new"
	case now == 0:
		return "gone"
	}
	percent := 100 * (now - before) / before
	switch {
	case percent >= 1000:
		return fmt.Sprintf("× %s", shell.Grouped(now/before))
	case percent > 0:
		return fmt.Sprintf("+%d %%", percent)
	case percent < 0:
		return fmt.Sprintf("−%d %%", -percent)
	}
	return fmt.Sprintf("%+d", now-before)
}

// amount is a number of the days, and of the days before.
type amount struct {
	What, URL   string
	Now, Before int64
}

// Change returns the change in words.
func (a amount) Change() string { return change(a.Now, a.Before) }

// Amounts returns the numbers of the days.
func (p *page) Amounts() []amount {
	now, before := &p.Statistics.Now, &p.Before
	all := []amount{
		{"Builds", "", now.Builds, before.Builds}, {"Boots", "", now.Boots, before.Boots}, {"Tests", "", now.Tests, before.Tests},
	}
	if p.Has("lab") {
		return all
	}
	return append([]amount{{"Trees", "/", now.Trees, before.Trees}, {"Checkouts", "", now.Checkouts, before.Checkouts}}, all...)
}

// lab is the numbers of a lab.
type lab struct {
	Name string
	answers.Amounts
	amount
}

// LabRows returns the labs by name, also those that are gone.
func (p *page) LabRows() (all []lab) {
	names := maps.Clone(p.Statistics.Now.Labs)
	for name := range p.Before.Labs {
		if names[name] == nil {
			names[name] = &answers.Amounts{}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		l := lab{Name: name, Amounts: *names[name]}
		l.Now = sum(l.Amounts)
		if before := p.Before.Labs[name]; before != nil {
			l.Before = sum(*before)
		}
		all = append(all, l)
	}
	return all
}

// byDay counts the volumes of the days by a name, those without a name left out.
func (p *page) byDay(name func(v *answers.Volume) string) shell.DayCounts {
	counts := make(shell.DayCounts)
	for i := range p.Volumes {
		v := &p.Volumes[i]
		if name := name(v); v.Day >= p.Statistics.Days.First && name != "" {
			counts.Add(v.Day, name, v.N)
		}
	}
	return counts
}

// ByKind returns the chart of objects.
func (p *page) ByKind() *shell.Chart {
	names := map[rollup.Kind]string{rollup.Checkouts: "checkouts", rollup.Builds: "builds", rollup.Boots: "boots", rollup.Tests: "tests"}
	counts := p.byDay(func(v *answers.Volume) string { return names[v.Kind] })
	return counts.Chart("Objects by day", p.Now, p.Statistics.Days,
		shell.Series{Name: "checkouts", Class: "f-4"}, shell.Series{Name: "builds", Class: "f-3"}, shell.Series{Name: "boots", Class: "f-2"}, shell.Series{Name: "tests", Class: "f-1"})
}

// ByOrigin returns the chart of results by origin.
func (p *page) ByOrigin() *shell.Chart {
	counts := p.byDay(func(v *answers.Volume) string {
		if v.Kind == rollup.Checkouts {
			return ""
		}
		return v.Origin
	})
	return counts.Chart("Builds, boots and tests by origin and day", p.Now, p.Statistics.Days)
}

// ByLab returns the chart of results by lab.
func (p *page) ByLab() *shell.Chart {
	return p.byDay(func(v *answers.Volume) string { return v.Lab }).Chart("Builds, boots and tests by lab and day", p.Now, p.Statistics.Days)
}

// ByStatus returns the chart of statuses.
func (p *page) ByStatus() *shell.Chart {
	counts := p.byDay(func(v *answers.Volume) string {
		switch {
		case v.Kind == rollup.Checkouts:
			return ""
		case v.Status == "":
			return "none"
		}
		return string(v.Status)
	})
	return counts.Chart("Builds, boots and tests by status and day", p.Now, p.Statistics.Days, statusSeries...)
}

// statusSeries are the series of the chart of statuses, the worst at the foot.
var statusSeries = []shell.Series{
	{Name: string(report.StatusFail), Class: "f-still"}, {Name: string(report.StatusError), Class: "f-flaky"}, {Name: string(report.StatusMiss), Class: "f-lab"},
	{Name: string(report.StatusDone), Class: "f-fixed"}, {Name: string(report.StatusPass), Class: "f-ok"}, {Name: string(report.StatusSkip), Class: "f-skip"}, {Name: "none", Class: "f-known"},
}
