// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// maxBuilds is how many builds of a checkout its page lists.
const maxBuilds = 200

// checkoutPage is the page of a checkout: the report of one origin about a revision.
type checkoutPage struct {
	Checkout *graph.Checkout
	Name     string // of the revision
	Revision string // its URL, "" if the checkout has no commit
	Small    []string
	LogURL   string
	Log      *shell.Log
	LogPage  string // always "": the page shows the whole excerpt
	Comment  string
	Origin   string
	Counts   []statusCounts
	Builds   []answers.Built
	More     int // builds that are not listed
	Patches  []shell.Link
	Stored   []storedObject
}

// statusCounts are numbers of builds, boots or tests by status.
type statusCounts struct {
	Title string
	Total int64
	Parts []statusCount
}

type statusCount struct {
	Status report.Status
	N      int64
	URL    string // of the page of the revision that lists them, "" for none
}

// checkout is the page of a checkout.
func (s *room) checkout(r *http.Request, id string) (*shell.Page, error) {
	c, err := find[*graph.Checkout](r, s, object.CheckoutRef(id), unknown("checkout", id,
		"A checkout is shown as soon as its report is loaded, which takes seconds. If it was sent, its receipt says what became of it. Was the ID cut short?"))
	if err != nil {
		return nil, err
	}
	page := &checkoutPage{
		Checkout: c, Revision: revisionOf(c), LogURL: shell.Outside(c.Log()), Log: shell.LogOf(c.Excerpt(), "").Short(excerptLines),
		Name: cmp.Or(c.CommitName(), shell.Short(c.Commit()), "unknown revision"), Comment: block(c.Remark()), Origin: c.Origin,
		Small:  nonEmpty(shell.Place(s.Trees.Tree(c.Tree(), c.Repository()), c.Branch()), c.Origin),
		Stored: []storedObject{{"This checkout", "", stored(&c.Checkout)}},
	}
	for _, file := range c.PatchsetFiles {
		page.Patches = append(page.Patches, shell.Link{Text: cmp.Or(file.Name, file.URL), URL: shell.Outside(file.URL)})
	}
	if s.Answers != nil {
		err = page.count(r.Context(), s.Answers)
	} else {
		err = page.walk()
	}
	if err != nil {
		return nil, err
	}
	page.More = max(0, len(page.Builds)-maxBuilds)
	page.Builds = page.Builds[:len(page.Builds)-page.More]
	title := "Checkout of " + page.Name + " by " + c.Origin
	if c.Validity() == report.StatusFail {
		title = "FAIL: " + title
	}
	return &shell.Page{
		Title: title, Section: "Trees", JSON: "/api/objects?" + url.Values{"pattern": {object.CheckoutRef(id).Pattern().String()}}.Encode(),
		Crumbs: crumbs(s, c, &standing{}, c.Origin), Content: templates.Content("checkout.html", page), Changed: timeOf(c.Timestamp),
	}, nil
}

// count reads the builds and the numbers from the roll-ups.
func (p *checkoutPage) count(ctx context.Context, db *answers.DB) error {
	id := p.Checkout.Checkout.ID
	results := answers.Results{Checkouts: []string{id}}
	if err := results.Read(ctx, db); err != nil {
		return err
	}
	p.Builds = results.Builds
	p.sort()
	counts, err := db.CheckoutCounts(ctx, []string{id})
	titles := map[rollup.Kind]string{rollup.Builds: "Builds", rollup.Boots: "Boots", rollup.Tests: "Tests"}
	for _, kind := range []rollup.Kind{rollup.Builds, rollup.Boots, rollup.Tests} {
		p.add(titles[kind], counts[id][kind], func(status report.Status) string {
			if status == "" {
				return "" // no filter selects results without a status
			}
			return shell.WithQuery(p.Revision, "kind", string(kind), "origin", p.Origin, "status", string(status))
		})
	}
	return err
}

// walk reads the builds and the numbers of a database without roll-ups.
func (p *checkoutPage) walk() error {
	builds, err := p.Checkout.Builds()
	if err != nil {
		return err
	}
	for _, b := range builds.List {
		p.Builds = append(p.Builds, answers.Built{
			ID: b.Build.ID, Origin: b.Origin, Status: b.Outcome(), Architecture: b.Architecture(), Compiler: b.Compiler(), ConfigName: b.Config(),
		})
	}
	p.sort()
	noPage := func(report.Status) string { return "" }
	p.add("Builds", builds.Counts(), noPage)
	tests, err := builds.Tests().Counts()
	p.add("Tests", tests, noPage)
	return err
}

// statusOrder is the order of statuses, worst first.
var statusOrder = []report.Status{report.StatusFail, report.StatusError, report.StatusMiss, report.StatusPass, report.StatusDone, report.StatusSkip, ""}

// add adds the numbers of one kind of objects. urlOf returns the URL of the page that lists the
// results of the origin with a status.
func (p *checkoutPage) add(title string, counts map[report.Status]int64, urlOf func(report.Status) string) {
	all := statusCounts{Title: title}
	for _, status := range statusOrder {
		if n := counts[status]; n > 0 {
			all.Total += n
			all.Parts = append(all.Parts, statusCount{status, n, urlOf(status)})
		}
	}
	if all.Total > 0 {
		p.Counts = append(p.Counts, all)
	}
}

// sort orders the builds, those that fail first.
func (p *checkoutPage) sort() {
	slices.SortStableFunc(p.Builds, func(a, b answers.Built) int {
		return cmp.Or(cmp.Compare(slices.Index(statusOrder, a.Status), slices.Index(statusOrder, b.Status)),
			strings.Compare(a.Architecture, b.Architecture), strings.Compare(a.ConfigName, b.ConfigName), strings.Compare(a.Compiler, b.Compiler))
	})
}

func timeOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}
