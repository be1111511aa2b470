// SPDX-License-Identifier: Apache-2.0

// Package home has the front page: which trees got worse, which regressions are open, and
// which origins and labs need a look.
package home

import (
	"embed"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// room answers with the front page and its feed.
type room struct {
	*shell.Shell
	senders shell.Shared[*senders]
}

// Routes adds the front page to a front.
func Routes(f *front.Front, s *shell.Shell) {
	h := &room{Shell: s}
	s.Handle(f, "/{$}", h.view, "after", shell.AsOf, "days", "origin", "sort", "tree")
	f.Handle(feedPath, front.Page, front.Methods{http.MethodGet: h.feed})
}

// standardDays is how old the newest revision of a tree may be, and mostDays how old it may
// be if no tree has a newer one.
const (
	standardDays = 7
	mostDays     = 365
)

// view is the front page.
func (h *room) view(r *http.Request) (*shell.Page, error) {
	var refusal *shell.Refusal
	if errors.As(h.NeedCounts(), &refusal) {
		refusal.Status = http.StatusOK // the service works, and so does its front page
		return nil, refusal
	}
	q, err := questionOf(r, h.Now())
	if err != nil {
		return nil, err
	}
	p := &page{question: q}
	if !q.still {
		if p.Senders, err = h.senders.Get(r.Context(), h.Now, h.readSenders); err != nil {
			return nil, err
		}
	}
	if err := h.readTrees(r.Context(), p); err != nil {
		return nil, err
	}
	if len(p.Trees) == 0 && !p.filtered() && !p.Has("days") {
		p.Days = mostDays // a database of old results shows these
		if err := h.readTrees(r.Context(), p); err != nil {
			return nil, err
		}
	}
	if len(p.Trees) == 0 && !p.filtered() {
		return h.empty(r, p)
	}
	return &shell.Page{
		Title: p.Sentence(), Section: "Trees", Content: templates.Content("home.html", p),
		JSON: fmt.Sprint("/api/verdicts?interval_in_days=", p.Days), Atom: feedPath, Changed: p.changed(), CanBeStill: true,
	}, nil
}

// empty is the page of a database without a revision in the days asked for.
func (h *room) empty(r *http.Request, p *page) (*shell.Page, error) {
	objects, err := h.Answers.Objects(r.Context())
	if err != nil {
		return nil, err
	}
	for _, n := range objects {
		p.Stored += n
	}
	title := "No results yet"
	if p.Stored > 0 {
		title = "No tree has a revision in " + p.Period()
	}
	return &shell.Page{Title: title, Section: "Trees", Content: templates.Content("empty.html", p), JSON: "/api/verdicts"}, nil
}

// question is what the parameters of the URL ask for.
type question struct {
	shell.Filter
	Days       int
	Sort       string
	After      int // rows to leave out
	Now, until time.Time
	still      bool // the page is about a moment of the past
}

// The orders of the table.
const (
	byWorst  = "worst"
	byName   = "name"
	byNewest = "newest"
)

func questionOf(r *http.Request, now time.Time) (q question, err error) {
	q = question{Filter: shell.FilterOf(r), Now: now.UTC()}
	if q.until, err = q.Until(); err != nil {
		return q, err
	}
	if q.still = !q.until.IsZero(); q.still {
		q.Now = q.until.UTC()
	}
	if q.Days, err = q.Filter.Days(standardDays); err != nil {
		return q, err
	}
	switch q.Sort = q.Get("sort"); q.Sort {
	case "":
		q.Sort = byWorst
	case byWorst, byName, byNewest:
	default:
		return q, shell.BadValue("sort", q.Sort, "worst, name or newest")
	}
	q.After, err = q.Number("after", 0, 0, 1_000_000)
	return q, err
}

func (q *question) filtered() bool { return q.Has("tree", "origin", "after") }

// page is the data of the front page.
type page struct {
	question
	Trees   []tree // the newest head first
	Open    []regression
	Senders *senders // nil on a page about the past
	Stored  int64    // objects in a database without revisions
}

// Bar returns the filter bar.
func (p *page) Bar() shell.FilterBar {
	origin := shell.Field{Label: "Origin", Name: "origin"}
	if p.Senders != nil {
		for _, o := range p.Senders.Origins {
			origin.Options = append(origin.Options, shell.Option{Value: o.Origin})
		}
	}
	period := shell.Plural(standardDays, "day")
	if !p.Has("days") {
		period = p.Period()
	}
	return p.Filter.Bar(
		shell.Field{Label: "Trees, branches, repositories", Name: "tree", Placeholder: "stable-rc", Wide: true},
		origin,
		shell.Field{Label: "Active in", Name: "days", Placeholder: period, Options: []shell.Option{{Value: "3", Text: "3 days"}, {Value: "30", Text: "30 days"}, {Value: "365", Text: "365 days"}}},
		shell.Field{Label: "Order", Name: "sort", Placeholder: "worst first", Options: []shell.Option{{Value: byName, Text: "name"}, {Value: byNewest, Text: "newest first"}}},
	)
}

// changed returns when a revision of the table changed last.
func (p *page) changed() (last time.Time) {
	for i := range p.Trees {
		if at := p.Trees[i].Head.Changed; at.After(last) {
			last = at
		}
	}
	return last
}

// Period returns the days of the page in words.
func (p *page) Period() string { return shell.Plural(int64(p.Days), "day") }

// Longer returns the URL of the page that looks back as far as a page does, "" if this one is it.
func (p *page) Longer() string {
	if p.Days >= mostDays {
		return ""
	}
	return p.With("days", fmt.Sprint(mostDays))
}

// Every returns a time in words, such as "40 min".
func (p *page) Every(d time.Duration) string { return shell.Age(p.Now, p.Now.Add(-d)) }

// LostBy says how many results a sick lab lost.
func (p *page) LostBy(h answers.LabHealth) string {
	day, today := h.Lost()
	when := map[bool]string{true: "today", false: "yesterday"}[today]
	return fmt.Sprintf("%s of %s %s, %d %%; it usually loses %d %%.", shell.Grouped(day.Lost), shell.Plural(day.Results, "result"), when, day.Share(), h.Before.Share())
}

// OpenShown returns the regressions that are shown, and OpenMore those that are folded.
func (p *page) OpenShown() []regression { return p.Open[:min(openShown, len(p.Open))] }
func (p *page) OpenMore() []regression {
	return p.Open[min(openShown, len(p.Open)):min(openMost, len(p.Open))]
}

// causesEach is how many causes of each verdict a row or the list of regressions names.
const causesEach = 3

// heads returns the keys of the newest revisions of trees.
func heads(trees []tree) (keys []int64) {
	for i := range trees {
		keys = append(keys, trees[i].Head.Key)
	}
	return keys
}

// lateCommits returns the commits of the newest revisions with fewer results than usual.
func lateCommits(trees []tree) (hashes []string) {
	for i := range trees {
		if trees[i].Share > 0 {
			hashes = append(hashes, trees[i].Head.CommitHash)
		}
	}
	return hashes
}

// byRevision sorts causes by the key of their revision.
func byRevision(causes []verdicts.Cause) map[int64][]verdicts.Cause {
	all := make(map[int64][]verdicts.Cause)
	for _, c := range causes {
		all[c.Revision] = append(all[c.Revision], c)
	}
	return all
}
