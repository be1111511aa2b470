// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// listParams are the parameters of the list.
var listParams = []string{"after", "arch", shell.AsOf, "days", "lab", "origin", "q", "tree"}

// travelling are the parameters of the list that the page of a board takes.
var travelling = []string{shell.AsOf, "days", "lab", "origin", "tree"}

// perPage is how many boards the list has on a page.
const perPage = 50

// list answers with the list of boards.
func (r room) list(req *http.Request) (*shell.Page, error) {
	return r.listOf(req, "")
}

// listOf returns the list of the boards that are compatible with a name, of all for "".
func (r room) listOf(req *http.Request, compatible string) (*shell.Page, error) {
	if err := r.NeedCounts(); err != nil {
		return nil, err
	}
	l := &list{filter: shell.FilterOf(req), Compatible: compatible}
	var err error
	if l.span, err = r.spanOf(l.filter); err != nil {
		return nil, err
	}
	// The list is sorted by verdicts, which change, so that no board is a lasting place in it.
	if l.skip, err = l.filter.Number("after", 0, 0, 1_000_000); err != nil {
		return nil, err
	}
	if err := l.read(req.Context(), r.Shell); err != nil {
		return nil, err
	}
	return l.page(), nil
}

// list is the data of the list.
type list struct {
	Compatible string // that the boards have; "" for all boards
	Boards     []*listed
	Total      int      // boards, on all pages
	New        []string // names of the boards with a new failure
	Unfiltered int64    // boards that were tested, whatever the filter says

	filter   shell.Filter
	span     span
	skip     int
	changed  time.Time
	branches []verdicts.Branch
}

// listed is a board in the list.
type listed struct {
	answers.Platform
	answers.Profile
	Counts map[rollup.Kind]verdict.Counts // nil if nothing ran at the newest revisions
	URL    string

	judged map[rollup.Kind]*boards.Tally
}

// read reads the boards, worst first.
func (l *list) read(ctx context.Context, s *shell.Shell) error {
	platforms, err := s.Answers.Platforms(ctx, l.span.Days)
	if err != nil {
		return err
	}
	l.Unfiltered = int64(len(platforms))
	if l.branches, err = s.Verdicts.Branches(ctx, l.span.after(), l.span.until); err != nil {
		return err
	}
	heads := l.heads()
	sums, err := s.Verdicts.PlatformSums(ctx, heads, l.filter.Values("origin"))
	if err != nil {
		return err
	}
	platforms = slices.DeleteFunc(platforms, func(p answers.Platform) bool { return !l.wants(&p) })
	profiles := make(map[string]answers.Profile)
	if l.filter.Has("arch", "lab", "origin") {
		if profiles, err = s.Answers.Profiles(ctx, platforms); err != nil {
			return err
		}
		platforms = slices.DeleteFunc(platforms, func(p answers.Platform) bool { return !l.wantsProfile(profiles[p.Name]) })
	}
	l.add(platforms, sums)
	ofTree := l.filter.Has("tree")
	if !ofTree { // the numbers of the boards on other pages are not needed
		l.sort()
	}
	if err := l.count(ctx, s.Answers, heads); err != nil {
		return err
	}
	if ofTree {
		l.Boards = slices.DeleteFunc(l.Boards, func(b *listed) bool { return len(b.Counts) == 0 })
		l.sort()
	}
	return l.describe(ctx, s.Answers, profiles)
}

// add adds platforms to the list, with the verdicts of their results.
func (l *list) add(platforms []answers.Platform, sums []verdicts.PlatformSum) {
	byName := make(map[string]*listed, len(platforms))
	for _, p := range platforms {
		b := &listed{Platform: p, judged: make(map[rollup.Kind]*boards.Tally)}
		byName[p.Name] = b
		l.Boards = append(l.Boards, b)
	}
	for _, s := range sums {
		b := byName[s.Platform]
		if b == nil {
			continue
		}
		b.tally(s.Kind).Add(s.Verdict, s.N, s.Passed, s.Failed)
	}
}

// tally returns the results of a kind.
func (b *listed) tally(kind rollup.Kind) *boards.Tally {
	if b.judged[kind] == nil {
		b.judged[kind] = &boards.Tally{}
	}
	return b.judged[kind]
}

// count adds the numbers of all results, by status, to the boards.
func (l *list) count(ctx context.Context, db *answers.DB, heads []int64) error {
	byName := make(map[string]*listed, len(l.Boards))
	of := answers.HardwareAt{Days: l.span.Days, Revisions: heads, Origins: l.filter.Values("origin")}
	for _, b := range l.Boards {
		byName[b.Name] = b
		of.Platforms = append(of.Platforms, b.Name)
	}
	ran, err := db.HardwareAt(ctx, of)
	for _, h := range ran {
		b := byName[h.Platform]
		b.Counts = make(map[rollup.Kind]verdict.Counts)
		for kind, statuses := range h.Counts {
			t := b.tally(kind)
			for status, n := range statuses {
				t.AddStatus(status, n)
			}
			b.Counts[kind] = t.Counts()
		}
	}
	return err
}

// describe adds the profiles of the boards, and their URLs.
func (l *list) describe(ctx context.Context, db *answers.DB, profiles map[string]answers.Profile) (err error) {
	if len(profiles) == 0 {
		var shown []answers.Platform
		for _, b := range l.Boards {
			shown = append(shown, b.Platform)
		}
		if profiles, err = db.Profiles(ctx, shown); err != nil {
			return err
		}
	}
	for _, b := range l.Boards {
		b.Profile = profiles[b.Name]
		b.URL = l.filter.Carried(shell.HardwareURL(b.Name), travelling...)
	}
	return nil
}

// heads returns the newest tested revision of each branch, one for each commit.
func (l *list) heads() (keys []int64) {
	type commit struct{ hash, patchset string }
	known := make(map[commit]bool)
	for _, b := range l.branches {
		if !l.filter.Matches("tree", b.Tree) {
			continue
		}
		i := slices.IndexFunc(b.Recent, func(r verdicts.Revision) bool {
			return r.Counts[rollup.Boots].Total()+r.Counts[rollup.Tests].Total() > 0
		})
		if i < 0 {
			continue
		}
		r := &b.Recent[i]
		if r.Changed.After(l.changed) {
			l.changed = r.Changed
		}
		if of := (commit{r.CommitHash, r.PatchsetHash}); !known[of] {
			known[of] = true
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// wants reports whether a platform meets the filter, as far as its name says it.
func (l *list) wants(p *answers.Platform) bool {
	return p.Contains(l.filter.Get("q")) && (l.Compatible == "" || slices.Contains(p.Compatibles, l.Compatible))
}

// wantsProfile reports whether a platform with the profile meets the filter.
func (l *list) wantsProfile(p answers.Profile) bool {
	return l.meets("arch", p.Architectures) && l.meets("lab", p.Labs) && l.meets("origin", p.Origins)
}

func (l *list) meets(name string, values []string) bool {
	return !l.filter.Has(name) || slices.ContainsFunc(values, func(value string) bool { return l.filter.Matches(name, value) })
}

// sort sorts the boards, worst first, and keeps those of the page.
func (l *list) sort() {
	slices.SortStableFunc(l.Boards, func(a, b *listed) int {
		return cmp.Or(boards.CompareCounts(a.boots(), b.boots()), boards.CompareCounts(a.results(), b.results()), cmp.Compare(a.Name, b.Name))
	})
	l.Total = len(l.Boards)
	for _, b := range l.Boards {
		if b.results()[verdict.New] > 0 {
			l.New = append(l.New, b.Name)
		}
	}
	begin := min(l.skip, l.Total)
	l.Boards = l.Boards[begin:min(begin+perPage, l.Total)]
}

// results returns the numbers of boots and tests.
func (b *listed) results() verdict.Counts {
	all := make(verdict.Counts)
	for _, kind := range []rollup.Kind{rollup.Boots, rollup.Tests} {
		if t := b.judged[kind]; t != nil {
			all.Add(t.Counts())
		}
	}
	return all
}

// boots returns the numbers of boots.
func (b *listed) boots() verdict.Counts {
	if t := b.judged[rollup.Boots]; t != nil {
		return t.Counts()
	}
	return nil
}

// Parts returns the numbers of a kind, each with its link.
func (b *listed) Parts(kind rollup.Kind) []shell.CountPart {
	return shell.PartsOf(b.Counts[kind], func(k verdict.Kind) string {
		if k == verdict.OK || k == verdict.Skip || kind == rollup.Builds || b.URL == "" {
			return ""
		}
		return b.URL + "#fails"
	})
}

// Mark returns the worst verdict of the board, "" if nothing ran.
func (b *listed) Mark() verdict.Kind { return b.results().Overall() }

// Seen returns the day of the newest tests.
func (b *listed) Seen() time.Time { return answers.Time(b.Day) }

// Verdict is the worst verdict of all boards.
func (l *list) Verdict() verdict.Kind {
	switch {
	case len(l.New) > 0:
		return verdict.New
	case l.Total > 0:
		return verdict.OK
	}
	return shell.Wait
}

// Mark returns the words of the mark.
func (l *list) Mark() string {
	switch n := len(l.New); {
	case n > 0:
		return fmt.Sprintf("%d NEW", n)
	case l.Total > 0:
		return verdict.OK.Word()
	}
	return "NOT RUN"
}

// Sentence names the boards with a new failure.
func (l *list) Sentence() string {
	boards := shell.Plural(int64(l.Total), "board")
	switch n := len(l.New); {
	case l.Total == 0:
		return "No board was tested" + l.inDays() + "."
	case n == 0:
		return "No board of " + boards + " has a new failure at the newest revisions."
	case n == 1:
		return fmt.Sprintf("1 of %s has a new failure: %s.", boards, shell.Names(l.New))
	default:
		return fmt.Sprintf("%d of %s have a new failure: %s.", n, boards, shell.Names(l.New))
	}
}

func (l *list) inDays() string { return " in " + shell.Plural(int64(l.span.n), "day") }

// InDays says which days the list is about.
func (l *list) InDays() string { return shell.Plural(int64(l.span.n), "day") }

// Bar returns the filter bar.
func (l *list) Bar() shell.FilterBar {
	return l.filter.Bar(
		shell.Field{Label: "Board", Name: "q", Placeholder: "name or compatible", Wide: true},
		shell.Field{Label: "Tree", Name: "tree", Options: options(treesOf(l.branches))},
		shell.Field{Label: "Arch", Name: "arch"}, shell.Field{Label: "Lab", Name: "lab"},
		shell.Field{Label: "Origin", Name: "origin"}, dayField(),
	)
}

// treesOf returns the trees of branches, by name.
func treesOf(branches []verdicts.Branch) (trees []string) {
	for _, b := range branches {
		trees = append(trees, b.Tree)
	}
	slices.Sort(trees)
	return slices.Compact(trees)
}

// Unfilter returns the URL of the list without a filter.
func (l *list) Unfilter() string { return "/hardware" }

// Longer returns the URL of the list with more days.
func (l *list) Longer() string { return l.filter.With("days", "90") }

// Pager returns the links to other pages of the list.
func (l *list) Pager() shell.Pager {
	p := shell.Pager{NextText: fmt.Sprintf("Next %d", perPage)}
	if l.Total > perPage {
		p.Range = fmt.Sprintf("%d to %d of %s", min(l.skip+1, l.Total), min(l.skip+perPage, l.Total), shell.Plural(int64(l.Total), "board"))
	}
	if l.skip+perPage < l.Total {
		p.Next = l.filter.With("after", strconv.Itoa(l.skip+perPage))
	}
	if l.skip > 0 {
		p.Newest = l.filter.With("after")
	}
	return p
}

func (l *list) page() *shell.Page {
	title := "Hardware"
	crumbs := []shell.Link{{Text: "Hardware"}}
	if l.Compatible != "" {
		title = "Boards with " + shell.Line(l.Compatible)
		crumbs = []shell.Link{{Text: "Hardware", URL: "/hardware"}, {Text: l.Compatible}}
	}
	if n := len(l.New); n > 0 {
		title = fmt.Sprintf("%s with new failures: %s", shell.Plural(int64(n), "board"), title)
	}
	return &shell.Page{
		Title: title, Section: section, Crumbs: crumbs, Content: templates.Content("list.html", l),
		JSON: l.json(), Changed: l.changed, CanBeStill: true,
	}
}

// json returns the API call with the list of the boards of an origin. It names the days, as
// the API counts by days, so that it stays the same for a day.
func (l *list) json() string {
	values := url.Values{
		"startTimestampInSeconds": {strconv.FormatInt(answers.Time(l.span.First).Unix(), 10)}, "endTimestampInSeconds": {strconv.FormatInt(answers.Time(l.span.Last).Unix(), 10)},
	}
	if origin := l.filter.Get("origin"); origin != "" {
		values.Set("origin", origin)
	}
	return "/api/hardware?" + values.Encode()
}
