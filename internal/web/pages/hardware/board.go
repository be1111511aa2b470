// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// boardParams are the parameters of the page of a board, and of the list of the boards with
// a compatible.
var boardParams = append([]string{"path", "revision"}, listParams...)

// Limits of the page of a board.
const (
	maxColumns  = 20 // groups of tests
	maxStrips   = 10 // branches with a history
	maxStrip    = 12 // revisions of a history
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
	*boards.Board
	Same []string // other boards with the same chip
	Now  time.Time

	Columns []string
	More    int // groups that have no column
	Fails   []*fail
	Strips  []strip
	Labs    []*lab
	Numbers []number
	Of      verdicts.Revision // a revision of the branch of Numbers

	filter shell.Filter
	span   span
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
	selected, err := b.selected(ctx, s.Verdicts)
	if err != nil {
		return err
	}
	if b.Board, err = boards.Read(ctx, s.Verdicts, boards.Question{
		Platform: b.Name, Days: b.span.Days, Until: b.span.until, Selected: selected,
		OfTrees: b.filter.Wanted("tree"), OfLabs: b.filter.Wanted("lab"), OfOrigins: b.filter.Wanted("origin"), OfPaths: b.filter.Wanted("path"),
	}); err != nil {
		return err
	}
	b.addColumns()
	b.addFails()
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

// addColumns adds the columns of the grid: those with the most trouble first, behind the boots.
func (b *board) addColumns() {
	trouble, total := make(map[string]int64), make(map[string]int64)
	for _, r := range b.Rows {
		for suite, t := range r.Suites {
			counts := t.Counts()
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
		return cmp.Or(cmp.Compare(trouble[y], trouble[x]), cmp.Compare(total[y], total[x]), cmp.Compare(x, y))
	})
	b.More = max(0, len(b.Columns)-maxColumns)
	b.Columns = b.Columns[:len(b.Columns)-b.More]
}

// Bar returns the filter bar.
func (b *board) Bar() shell.FilterBar {
	return b.filter.Bar(
		shell.Field{Label: "Tree", Name: "tree", Options: options(b.Trees)},
		shell.Field{Label: "Lab", Name: "lab", Options: options(b.Board.Labs)},
		shell.Field{Label: "Origin", Name: "origin", Options: options(b.Origins)},
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
	for _, a := range b.Architectures {
		parts = append(parts, shell.Line(a))
	}
	if len(b.Board.Labs) > 0 {
		parts = append(parts, "in "+shell.Names(b.Board.Labs))
	}
	return strings.Join(parts, " · ")
}

// Reach says how widely the board was tested.
func (b *board) Reach() string {
	return fmt.Sprintf("%s, %s, %s in %s", shell.Plural(int64(len(b.Trees)), "tree"), shell.Plural(int64(len(b.Board.Labs)), "lab"),
		shell.Plural(int64(len(b.Origins)), "origin"), b.InDays())
}

// SameShown returns the first boards with the same chip.
func (b *board) SameShown() []string { return b.Same[:min(maxSame, len(b.Same))] }

// SameMore returns how many more boards have the same chip.
func (b *board) SameMore() int { return len(b.Same) - len(b.SameShown()) }

// Selected reports whether the reader selected revisions.
func (b *board) Selected() bool { return b.filter.Has("revision") }

func (b *board) page() *shell.Page {
	var changed time.Time
	for _, r := range b.Tested {
		if r.Changed.After(changed) {
			changed = r.Changed
		}
	}
	return &shell.Page{
		Title: b.title(), Section: section, Crumbs: []shell.Link{{Text: "Hardware", URL: "/hardware"}, {Text: b.Name}},
		Content: templates.Content("board.html", b), JSON: b.json(), Atom: shell.FeedURL(shell.HardwareURL(b.Name)), Changed: changed, CanBeStill: true,
	}
}

// json returns the API call with the verdicts of the board. It selects no revisions.
func (b *board) json() string {
	url := shell.HardwareURL(b.Name)
	if url == "" {
		return ""
	}
	call := shell.WithQuery("/api"+url+"/verdicts", "interval_in_days", strconv.Itoa(b.span.n))
	return b.filter.Carried(call, shell.AsOf, "lab", "origin", "path", "tree")
}
