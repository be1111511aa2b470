// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// Limits of the list.
const (
	listDays  = 14     // by default
	maxListed = 10_000 // issues that are searched, the newest
	pageRows  = 50
	// placesOf is how many of the newest sightings of an issue are looked at for its trees.
	placesOf = 30
)

// listPage is the data of list.html.
type listPage struct {
	Now           time.Time
	Days          int
	Groups        []listGroup
	AllOpen       int64 // also on other pages
	Found, Before int64 // that meet the filter; of all in the time
	Cut           bool  // there are more than maxListed
	Bar           shell.FilterBar
	Pager         shell.Pager
	Filtered      bool
	Wider         string // the URL of the list of a year
	until         time.Time
}

// listGroup has the issues on the page that are open, or the others.
type listGroup struct {
	ID, Title, About string
	Now              time.Time
	Rows             []listRow
}

// listRow is an issue in the list.
type listRow struct {
	answers.ListedIssue
	FirstIn *revision
	Places  []shell.Link
	More    int64 // places that are not named
}

func (r *room) list(req *http.Request) (*shell.Page, error) {
	if req.URL.Path != listPath {
		return nil, shell.NotFound("No such page", "The list of issues is at /issues, and an issue at /issue/ID.")
	}
	if err := r.NeedCounts(); err != nil {
		return nil, err
	}
	f := shell.FilterOf(req)
	if err := checkChoices(f); err != nil {
		return nil, err
	}
	p := &listPage{Now: r.Now()}
	all, err := r.listed(req, f, p)
	if err != nil {
		return nil, err
	}
	p.Bar = f.Bar(fieldsOf(all)...)
	p.Before, p.Cut = int64(len(all)), len(all) == maxListed
	changed := time.Time{}
	if len(all) > 0 {
		changed = sqldb.Time(all[0].At)
	}
	all = slices.DeleteFunc(all, func(i answers.ListedIssue) bool { return !accepts(f, &i) })
	p.sort(all)
	p.Found = int64(len(all))
	p.Filtered = p.Bar.Open()
	p.Wider = f.With("days", "365")
	rows, err := p.page(f, all)
	if err != nil {
		return nil, err
	}
	if err := r.complete(req, p, rows); err != nil {
		return nil, err
	}
	return &shell.Page{
		Title: p.Title(), Section: "Issues", Crumbs: []shell.Link{{Text: "Issues"}}, Content: templates.Content("list.html", p),
		JSON: "/api/issue?interval_in_days=" + strconv.Itoa(p.Days), Atom: feedPath, Changed: changed,
	}, nil
}

// listed returns the issues of the time that the filter names.
func (r *room) listed(req *http.Request, f shell.Filter, p *listPage) ([]answers.ListedIssue, error) {
	var err error
	if p.Days, err = f.Days(listDays); err != nil {
		return nil, err
	}
	if p.until, err = f.Until(); err != nil {
		return nil, err
	}
	if p.until.IsZero() {
		p.until = p.Now
	}
	from := p.until.AddDate(0, 0, -p.Days)
	return r.Answers.ListIssues(req.Context(), from.UnixMicro(), p.until.UnixMicro()+1, maxListed)
}

// fieldsOf returns the fields of the filter bar, with the values of all issues.
func fieldsOf(all []answers.ListedIssue) []shell.Field {
	origins, categories := make(map[string]bool), make(map[string]bool)
	for i := range all {
		origins[all[i].Origin] = true
		for _, category := range all[i].Categories {
			categories[category] = true
		}
	}
	var by []shell.Option
	for _, c := range culprits {
		by = append(by, shell.Option{Value: c.Name, Text: c.Of})
	}
	return []shell.Field{
		{Label: "Words", Name: "q", Placeholder: "in the title, ID or report", Wide: true},
		{Label: "Culprit", Name: "culprit", Options: by},
		{Label: "Category", Name: "category", Options: shell.Options(sortedNames(categories)...)},
		{Label: "Origin", Name: "origin", Options: shell.Options(sortedNames(origins)...)},
		{Label: "Seen", Name: "incidents", Options: []shell.Option{{Value: "yes", Text: "at least once"}, {Value: "no", Text: "never"}}},
		{Label: "Days", Name: "days", Options: shell.Options("1", "7", "14", "30", "90", "365"), Placeholder: strconv.Itoa(listDays)},
		{Label: "As of", Name: shell.AsOf, Placeholder: "2026-11-27T17:04:00Z"},
	}
}

// checkChoices refuses values that no issue can have.
func checkChoices(f shell.Filter) error {
	names := []string{"none"}
	for _, c := range culprits {
		names = append(names, c.Name)
	}
	for name, all := range map[string][]string{"culprit": names, "incidents": {"yes", "no"}} {
		for _, value := range append(f.Values(name), f.Excluded(name)...) {
			if !slices.Contains(all, value) {
				return shell.BadValue(name, value, strings.Join(all, ", "))
			}
		}
	}
	return nil
}

// accepts reports whether an issue meets the filter. An issue without a culprit or
// category is found by "none".
func accepts(f shell.Filter, i *answers.ListedIssue) bool {
	any := func(name string, of []string) bool {
		if len(of) == 0 {
			of = []string{"none"}
		}
		return slices.ContainsFunc(of, func(value string) bool { return f.Matches(name, value) }) &&
			!slices.ContainsFunc(of, func(value string) bool { return slices.Contains(f.Excluded(name), value) })
	}
	seen := "no"
	if i.Sightings > 0 {
		seen = "yes"
	}
	return f.Matches("origin", i.Origin) && f.Matches("incidents", seen) && any("culprit", i.Culprits.Names()) && any("category", i.Categories) &&
		hasWords(f.Get("q"), i.ID+"\n"+i.Comment+"\n"+i.ReportURL)
}

// hasWords reports whether a text has all words of a search, in any case.
func hasWords(words, text string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// IsOpen reports whether the issue was seen of late.
func (p *listPage) IsOpen(i *answers.ListedIssue) bool {
	return i.Last >= p.until.Add(-openFor).UnixMicro()
}

// sort sorts the issues: open ones first, and then the newest arrivals first.
func (p *listPage) sort(all []answers.ListedIssue) {
	slices.SortStableFunc(all, func(a, b answers.ListedIssue) int {
		return cmp.Or(-compareBool(p.IsOpen(&a), p.IsOpen(&b)), a.Compare(&b.ArrivedIssue))
	})
	for i := range all {
		if p.IsOpen(&all[i]) {
			p.AllOpen++
		}
	}
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// page returns the issues on the page, and sets the pager.
func (p *listPage) page(f shell.Filter, all []answers.ListedIssue) ([]answers.ListedIssue, error) {
	begin := 0
	if after := f.Get("after"); after != "" {
		begin = 1 + slices.IndexFunc(all, func(i answers.ListedIssue) bool { return i.ID == after })
		if begin == 0 {
			return nil, shell.BadValue("after", after, "the ID of an issue in this list")
		}
		p.Pager.Newest = f.With("after")
	}
	end := min(begin+pageRows, len(all))
	p.Pager.Range = fmt.Sprintf("%s to %s of %s", shell.Grouped(int64(min(begin+1, end))), shell.Grouped(int64(end)), shell.Grouped(int64(len(all))))
	if end < len(all) {
		p.Pager.Next, p.Pager.NextText = f.With("after", all[end-1].ID), fmt.Sprintf("Next %d", min(pageRows, len(all)-end))
	}
	return all[begin:end], nil
}

// complete reads where the issues on the page were seen.
func (r *room) complete(req *http.Request, p *listPage, page []answers.ListedIssue) error {
	ids := []string{}
	var keys []store.Key
	for i := range page {
		if page[i].Sightings > 0 {
			ids, keys = append(ids, page[i].ID), append(keys, seenKey(&page[i]))
		}
	}
	seen, err := r.Answers.Seen(req.Context(), ids, nil)
	if err != nil {
		return err
	}
	branches, err := r.Answers.BranchesSeen(req.Context(), keys, placesOf)
	if err != nil {
		return err
	}
	open := listGroup{"open", "Open", fmt.Sprintf("seen in the last %d days, newest first", openDays), p.Now, nil}
	others := listGroup{"others", "Not seen of late", "newest first", p.Now, nil}
	for i := range page {
		row := listRow{ListedIssue: page[i]}
		if s := seen[row.ID]; s != nil {
			row.FirstIn = r.revisionOf(s.First.In, "")
		}
		row.Places, row.More = r.places(row.ID, branches[seenKey(&page[i])])
		if p.IsOpen(&page[i]) {
			open.Rows = append(open.Rows, row)
		} else {
			others.Rows = append(others.Rows, row)
		}
	}
	for _, group := range []listGroup{open, others} {
		if len(group.Rows) > 0 {
			p.Groups = append(p.Groups, group)
		}
	}
	return nil
}

// seenKey returns the newest version of the issue that was seen.
func seenKey(i *answers.ListedIssue) store.Key { return store.Key{ID: i.ID, Version: i.SeenVersion} }

// maxPlaces is how many places a row names.
const maxPlaces = 3

// places returns the first branches by name, each with a link to the incidents there, and
// how many more there are.
func (r *room) places(id string, branches []answers.Branch) (links []shell.Link, more int64) {
	for _, b := range branches {
		tree := r.Trees.Tree(b.TreeName, b.RepositoryURL)
		link := shell.Link{Text: shell.Place(tree, b.Name)}
		if at := shell.IssueURL(id); at != "" && plain(tree) && plain(b.Name) {
			link.URL = at + "?" + url.Values{"branch": {b.Name}, "tree": {tree}}.Encode() + "#incidents"
		}
		if link.Text != "" && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	slices.SortFunc(links, func(a, b shell.Link) int { return cmp.Compare(a.Text, b.Text) })
	n := min(maxPlaces, len(links))
	return links[:n], int64(len(links) - n)
}

// Title returns the title of the page.
func (p *listPage) Title() string {
	if p.AllOpen == 0 {
		return "No open issues"
	}
	return shell.Plural(p.AllOpen, "open issue")
}

// Kind returns the verdict whose look the answer has.
func (p *listPage) Kind() verdict.Kind {
	if p.AllOpen > 0 {
		return verdict.Known
	}
	return verdict.OK
}

// OpenDays is how long after it was seen an issue is open.
func (p *listPage) OpenDays() int { return openDays }

// Title returns the title of the issue.
func (r listRow) Title() string { return titleOf(r.ID, r.Comment, "") }

// Culprit returns the culprits in words.
func (r listRow) Culprit() string { return culpritsOf(r.Culprits) }

// FirstSeen, LastSeen and Came return the times of the issue.
func (r listRow) FirstSeen() time.Time { return sqldb.Time(r.First) }
func (r listRow) LastSeen() time.Time  { return sqldb.Time(r.Last) }
func (r listRow) Came() time.Time      { return sqldb.Time(r.At) }
