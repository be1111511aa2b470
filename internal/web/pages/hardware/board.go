// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// boardParams are the parameters of the page of a board, and of the list of the boards with
// a compatible.
var boardParams = append([]string{"path", "revision"}, listParams...)

// Limits of the page of a board.
const (
	maxJudged   = 2_000 // results that are not simply OK or skipped
	maxRows     = 40    // branches
	maxColumns  = 20    // groups of tests
	maxFails    = 30    // causes
	maxStrips   = 10    // branches with a history
	maxStrip    = 12    // revisions of a history
	maxNumbers  = 20
	maxSame     = 5 // boards with the same chip
	maxSelected = 5 // revisions
)

// named answers with the page of a board, or with the list of the boards that are
// compatible with a name.
func (r room) named(req *http.Request) (*shell.Page, error) {
	if err := r.NeedCounts(); err != nil {
		return nil, err
	}
	segments := shell.Segments(req, "/hardware/")
	if len(segments) != 1 {
		return nil, shell.NotFound("No such page of hardware", "The page of a board is at /hardware/ and its name, with / in the name written as %2F.")
	}
	b := &board{filter: shell.FilterOf(req), Now: r.Now()}
	var err error
	if b.span, err = r.spanOf(b.filter); err != nil {
		return nil, err
	}
	platforms, err := r.Answers.Platforms(req.Context(), answers.Days{Last: b.span.Last})
	if err != nil {
		return nil, err
	}
	if !b.find(platforms, segments[0]) {
		if slices.ContainsFunc(platforms, func(p answers.Platform) bool { return slices.Contains(p.Compatibles, segments[0]) }) {
			return r.listOf(req, segments[0])
		}
		return nil, shell.NotFound("No board "+shell.Line(segments[0])+" is known",
			"A board is known as soon as a test names it as its platform. Look for its name in the list of hardware, or search for a part of it.")
	}
	if err := b.read(req.Context(), r.Shell); err != nil {
		return nil, err
	}
	return b.page(), nil
}

// board is the data of the page of a board.
type board struct {
	answers.Platform
	Same []string // other boards with the same chip
	Now  time.Time

	Rows    []*row // a row for each branch, or for each selected revision
	Columns []string
	More    int // groups that have no column
	Fails   []*fail
	Strips  []strip
	Labs    []*lab
	Numbers []number
	Of      verdicts.Revision // a revision of the branch of Numbers

	filter        shell.Filter
	span          span
	tested        []*row // all tested revisions that the filter wants, newest first
	ran           []verdicts.Ran
	architectures []string
	trees         []string // of all tested revisions
	labs, origins []string // of all tests
}

// row is a revision that was tested on the board.
type row struct {
	verdicts.Revision
	suites map[string]*tally
	judged []*verdicts.Judgement // results that the filter wants
}

// find finds the board among platforms, and those with the same chip.
func (b *board) find(platforms []answers.Platform, name string) bool {
	i := slices.IndexFunc(platforms, func(p answers.Platform) bool { return p.Name == name })
	if i < 0 {
		return false
	}
	b.Platform = platforms[i]
	for _, p := range platforms {
		if p.Name != name && p.Chip() != "" && p.Chip() == b.Chip() {
			b.Same = append(b.Same, p.Name)
		}
	}
	return true
}

// read reads the data of the page.
func (b *board) read(ctx context.Context, s *shell.Shell) error {
	of := verdicts.RanOn{Platform: b.Name, First: b.span.First, Last: b.span.Last}
	var err error
	if of.Revisions, err = b.selected(ctx, s.Verdicts); err != nil {
		return err
	}
	if b.ran, err = s.Verdicts.Ran(ctx, of); err != nil {
		return err
	}
	revisions, err := s.Verdicts.RevisionsByKey(ctx, keysOf(b.ran))
	if err != nil {
		return err
	}
	b.addTested(revisions)
	if err := b.judge(ctx, s.Verdicts); err != nil {
		return err
	}
	b.addRows()
	b.addFails()
	if err := b.compare(ctx, s.Verdicts); err != nil {
		return err
	}
	b.addStrips()
	b.addLabs()
	return b.addNumbers(ctx, s.Answers)
}

// selected returns the keys of the revisions that the filter names; nil if it names none.
func (b *board) selected(ctx context.Context, db *verdicts.DB) ([]int64, error) {
	names := b.filter.Values("revision")
	if len(names) == 0 {
		return nil, nil
	}
	if len(names) > maxSelected {
		return nil, shell.BadValue("revision", names[maxSelected], fmt.Sprintf("at most %d revisions", maxSelected))
	}
	keys := []int64{}
	for _, name := range names {
		commit, patchset, _ := strings.Cut(name, "+")
		found, err := db.Find(ctx, commit, patchset)
		if err != nil {
			return nil, err
		}
		for i := range found {
			keys = append(keys, found[i].Key)
		}
	}
	return keys, nil
}

// keysOf returns the revisions of tests.
func keysOf(ran []verdicts.Ran) (keys []int64) {
	for i, r := range ran { // sorted by revision
		if i == 0 || r.Revision != ran[i-1].Revision {
			keys = append(keys, r.Revision)
		}
	}
	return keys
}

// commit identifies a commit with its patches, which may stand on several branches.
type commit struct{ hash, patchset string }

func commitOf(r *verdicts.Revision) commit { return commit{r.CommitHash, r.PatchsetHash} }

// addTested adds the tested revisions that the filter wants, with the numbers of their
// tests by status. The tests of a commit are the same on each of its branches.
func (b *board) addTested(revisions map[int64]verdicts.Revision) {
	byCommit := make(map[commit]map[string]*tally)
	kept := b.ran[:0]
	for _, ran := range b.ran {
		r, ok := revisions[ran.Revision]
		if !ok || r.Start.After(b.span.until) {
			continue
		}
		b.architectures, b.labs, b.origins = add(b.architectures, ran.Architecture), add(b.labs, ran.Lab), add(b.origins, ran.Origin)
		b.trees = add(b.trees, r.Tree)
		if !b.wants(&r, ran.Lab, ran.Origin) || !b.wantsSuite(ran.Suite) {
			continue
		}
		kept = append(kept, ran)
		of := commitOf(&r)
		if byCommit[of] == nil {
			byCommit[of] = make(map[string]*tally)
		}
		tallyOf(byCommit[of], ran.Suite).addStatus(ran.Status, ran.N)
	}
	b.ran = kept
	for _, r := range revisions {
		if suites := byCommit[commitOf(&r)]; suites != nil && b.filter.Matches("tree", r.Tree) {
			copied := make(map[string]*tally)
			for suite, t := range suites {
				copied[suite] = new(*t)
			}
			b.tested = append(b.tested, &row{Revision: r, suites: copied})
		}
	}
	slices.SortFunc(b.tested, func(a, b *row) int { return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.Key, b.Key)) })
	for _, names := range [][]string{b.architectures, b.labs, b.origins, b.trees} {
		slices.Sort(names)
	}
}

// add adds a name to a list, unless it is there or empty.
func add(names []string, name string) []string {
	if name == "" || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

func tallyOf(suites map[string]*tally, suite string) *tally {
	if suites[suite] == nil {
		suites[suite] = &tally{}
	}
	return suites[suite]
}

// wants reports whether the filter wants results of a revision, a lab and an origin.
func (b *board) wants(r *verdicts.Revision, lab, origin string) bool {
	return b.filter.Matches("tree", r.Tree) && b.filter.Matches("lab", lab) && b.filter.Matches("origin", origin)
}

// wantsSuite reports whether the filter wants a group of tests, or tests in it.
func (b *board) wantsSuite(suite string) bool {
	wanted := b.filter.Values("path")
	return !slices.Contains(b.filter.Excluded("path"), suite) &&
		(len(wanted) == 0 || slices.ContainsFunc(wanted, func(path string) bool { return facts.MatchPath(facts.Suite(path), suite) }))
}

// judge reads the verdicts of the results.
func (b *board) judge(ctx context.Context, db *verdicts.DB) error {
	if len(b.tested) == 0 {
		return nil
	}
	byKey := make(map[int64]*row, len(b.tested))
	for _, r := range b.tested {
		byKey[r.Key] = r
	}
	judged, err := db.OnPlatform(ctx, b.Name, b.tested[len(b.tested)-1].Start, maxJudged)
	for i := range judged {
		j := &judged[i]
		r := byKey[j.Of.Key]
		if r == nil || !b.wants(&r.Revision, j.Lab, j.Origin) || !b.filter.MatchesPath("path", j.Path) {
			continue
		}
		r.judged = append(r.judged, j)
		passed, failed := int64(0), int64(0)
		switch {
		case verdict.OutcomeOf(j.Status, false) == verdict.Passed:
			passed = 1
		case j.Status == "FAIL":
			failed = 1
		}
		tallyOf(r.suites, facts.Suite(j.Path)).add(j.Verdict, 1, passed, failed)
	}
	return err
}

// addRows adds the rows and the columns of the grid: the newest tested revision of each
// branch, or each selected one.
func (b *board) addRows() {
	known := make(map[int64]bool)
	for _, patched := range []bool{false, true} { // with patches only if the branch has no other
		for _, r := range b.tested {
			if (r.PatchsetHash != "") == patched && (b.filter.Has("revision") || !known[r.BranchKey]) {
				known[r.BranchKey] = true
				b.Rows = append(b.Rows, r)
			}
		}
	}
	slices.SortStableFunc(b.Rows, func(x, y *row) int {
		return cmp.Or(compareCounts(x.boots(), y.boots()), compareCounts(x.counts(), y.counts()), y.Start.Compare(x.Start))
	})
	b.Rows = b.Rows[:min(maxRows, len(b.Rows))]
	trouble, total := make(map[string]int64), make(map[string]int64)
	for _, r := range b.Rows {
		for suite, t := range r.suites {
			counts := t.counts()
			total[suite] += counts.Total()
			trouble[suite] += counts.Total() - counts[verdict.OK] - counts[verdict.Skip]
		}
	}
	for suite := range total {
		b.Columns = append(b.Columns, suite)
	}
	slices.SortFunc(b.Columns, func(x, y string) int {
		if facts.IsBoot(x) != facts.IsBoot(y) {
			return map[bool]int{true: -1, false: 1}[facts.IsBoot(x)]
		}
		return cmp.Or(cmp.Compare(trouble[y], trouble[x]), cmp.Compare(total[y], total[x]), strings.Compare(x, y))
	})
	b.More = max(0, len(b.Columns)-maxColumns)
	b.Columns = b.Columns[:len(b.Columns)-b.More]
}

// Bar returns the filter bar.
func (b *board) Bar() shell.FilterBar {
	return b.filter.Bar(
		shell.Field{Label: "Tree", Name: "tree", Options: options(b.trees)},
		shell.Field{Label: "Lab", Name: "lab", Options: options(b.labs)},
		shell.Field{Label: "Origin", Name: "origin", Options: options(b.origins)},
		shell.Field{Label: "Tests", Name: "path", Placeholder: "ltp", Wide: true},
		shell.Field{Label: "Revision", Name: "revision", Placeholder: "hash or name"}, dayField(),
	)
}

// maxOptions is how many values a field offers.
const maxOptions = 100

// options returns the values that a field offers, without those that no link can have.
func options(values []string) []shell.Option {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return len(v) > maxParameter })
	return shell.Options(values[:min(maxOptions, len(values))]...)
}

// Seen returns the day of the newest tests.
func (b *board) Seen() time.Time { return answers.Time(b.Day) }

// InDays says how long the page looks back.
func (b *board) InDays() string { return shell.Plural(int64(b.span.n), "day") }

// Filtered reports whether the filter leaves tests out.
func (b *board) Filtered() bool { return b.filter.Has("lab", "origin", "path", "revision", "tree") }

// Unfilter and Longer return URLs of the page with more on it.
func (b *board) Unfilter() string { return shell.HardwareURL(b.Name) }
func (b *board) Longer() string   { return b.filter.With("days", "90") }

// About returns the facts behind the name.
func (b *board) About() string {
	var parts []string
	for _, a := range b.architectures {
		parts = append(parts, shell.Line(a))
	}
	if len(b.labs) > 0 {
		parts = append(parts, "in "+names(b.labs))
	}
	return strings.Join(parts, " · ")
}

// Reach says how widely the board was tested.
func (b *board) Reach() string {
	return fmt.Sprintf("%s, %s, %s in %s", shell.Plural(int64(len(b.trees)), "tree"), shell.Plural(int64(len(b.labs)), "lab"),
		shell.Plural(int64(len(b.origins)), "origin"), b.InDays())
}

// SameShown returns the first boards with the same chip.
func (b *board) SameShown() []string { return b.Same[:min(maxSame, len(b.Same))] }

// SameMore returns how many more boards have the same chip.
func (b *board) SameMore() int { return len(b.Same) - len(b.SameShown()) }

// Selected reports whether the reader selected revisions.
func (b *board) Selected() bool { return b.filter.Has("revision") }

func (b *board) page() *shell.Page {
	var changed time.Time
	for _, r := range b.tested {
		if r.Changed.After(changed) {
			changed = r.Changed
		}
	}
	return &shell.Page{
		Title: b.title(), Section: section, Crumbs: []shell.Link{{Text: "Hardware", URL: "/hardware"}, {Text: b.Name}},
		Content: templates.Content("board.html", b), Changed: changed, CanBeStill: true,
	}
}
