// SPDX-License-Identifier: Apache-2.0

// Package branch has the pages of a tree and of a branch: whether its newest revision is
// worse than the one before, the grid of tests by revision, and its revisions.
package branch

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// room answers with pages of trees and branches.
type room struct{ *shell.Shell }

// Routes adds the pages to a front.
func Routes(f *front.Front, s *shell.Shell) {
	b := &room{s}
	params := append([]string{"after", shell.AsOf, "columns", "days", "open", "path", "verdict"}, shell.ResultParams...)
	s.HandleBelow(f, "/tree/", b.view, params...)
	f.HandleBelow(feedPath, front.Page, front.Methods{http.MethodGet: b.feed})
}

// view is the page of a tree, a branch, or the tests of a path on a branch.
func (b *room) view(r *http.Request) (*shell.Page, error) {
	if err := b.NeedCounts(); err != nil {
		return nil, err
	}
	switch names := shell.Segments(r, "/tree/"); {
	case len(names) == 1:
		return b.tree(r, names[0])
	case len(names) == 2:
		return b.branch(r, names[0], names[1], "")
	case len(names) == 4 && names[2] == "test":
		return b.branch(r, names[0], names[1], names[3])
	}
	return nil, shell.NotFound("No such page of a tree", "The page of a branch is at /tree/TREE/BRANCH. A slash in a name is %2F.")
}

// question is what the URL asks for.
type question struct {
	shell.Filter
	Columns int
	Path    string // of the tests, "" for all results
	before  *verdicts.Revision
	after   time.Time // the earliest start of a revision
	paged   bool
	Now     time.Time
}

const (
	standardColumns = 14
	maxColumns      = 30
)

func (b *room) question(r *http.Request, path string) (q question, err error) {
	q = question{Filter: shell.FilterOf(r), Path: path, Now: b.Now().UTC()}
	if q.Columns, err = q.Number("columns", standardColumns, 1, maxColumns); err != nil {
		return q, err
	}
	for _, v := range append(q.Values("verdict"), q.Excluded("verdict")...) {
		if !verdict.Kind(v).Valid() {
			return q, shell.BadValue("verdict", v, "new, still, fixed, flaky, known, lab, skip or ok")
		}
	}
	if opened := q.Values("open"); len(opened) > maxOpen {
		return q, shell.BadValue("open", strings.Join(opened, ", "), fmt.Sprintf("at most %d groups", maxOpen))
	}
	until, err := q.Until()
	if err != nil {
		return q, err
	}
	if !until.IsZero() {
		q.Now = until.UTC()
		q.before = &verdicts.Revision{Start: until.Add(time.Microsecond)}
	}
	if q.Has("days") {
		days, err := q.Days(standardColumns)
		if err != nil {
			return q, err
		}
		q.after = q.Now.AddDate(0, 0, -days)
	}
	return q, q.readCursor()
}

// readCursor reads the parameter after: the start and the key of the revision before the
// first one of the page.
func (q *question) readCursor() error {
	text := q.Get("after")
	if text == "" {
		return nil
	}
	start, key, _ := strings.Cut(text, ".")
	at, err1 := strconv.ParseInt(start, 10, 64)
	n, err2 := strconv.ParseInt(key, 10, 64)
	if err1 != nil || err2 != nil {
		return shell.BadValue("after", text, "the end of an address that this page links to")
	}
	q.before, q.paged = &verdicts.Revision{Start: time.UnixMicro(at).UTC(), Key: n}, true
	return nil
}

func cursor(r *verdicts.Revision) string { return fmt.Sprintf("%d.%d", r.Start.UnixMicro(), r.Key) }

// filtered reports whether the reader selects results by more than their path.
func (q *question) filtered() bool { return q.Has(shell.ResultParams...) }

// Selects reports whether the page is about a part of the results of its revisions: the tests
// of a path, or what the filter selects.
func (q *question) Selects() bool { return q.Path != "" || q.filtered() || q.Has("path") }

// page is the data of the page of a branch.
type page struct {
	question
	Branch    *verdicts.Branch
	Revisions []verdicts.Revision // those of the columns, newest first
	Before    *verdicts.Revision  // the revision before the last one, nil for none
	Causes    map[int64][]verdicts.Cause
	// Awaited is how many percent of the usual results are in at the newest revision, if it
	// has no new failure and more are expected; else 0.
	Awaited int
	Grid    grid
	Total   series // the results that the page is about
}

// branch is the page of a branch, or of the tests of a path on it.
func (b *room) branch(r *http.Request, tree, name, path string) (*shell.Page, error) {
	q, err := b.question(r, path)
	if err != nil {
		return nil, err
	}
	if to := q.gridOfPath(tree, name); to != "" {
		return nil, &shell.Redirect{To: to}
	}
	p := &page{question: q}
	if p.Branch, err = b.Verdicts.BranchNamed(r.Context(), tree, name); err != nil {
		return nil, err
	}
	if p.Branch == nil {
		return nil, shell.NotFound("No such branch yet", "A branch is shown as soon as a checkout of it has arrived. The front page lists the trees that there are.")
	}
	if err := b.read(r.Context(), p); err != nil {
		return nil, err
	}
	return p.page(), nil
}

// gridOfPath returns the URL of the grid of the tests of a path, if the filter has a path
// that is deeper than a group.
func (q *question) gridOfPath(tree, name string) string {
	paths := q.Filter.Values("path")
	if q.Path != "" || len(paths) != 1 || len(q.Excluded("path")) > 0 || !strings.Contains(paths[0], ".") || strings.Contains(paths[0], "*") {
		return ""
	}
	return q.Carried(shell.GridURL(tree, name, paths[0]), append([]string{shell.AsOf, "columns", "days", "verdict"}, shell.ResultParams...)...)
}

// read reads the revisions of the page, their causes and the grid.
func (b *room) read(ctx context.Context, p *page) (err error) {
	p.Revisions, err = b.Verdicts.Revisions(ctx, p.Branch.Key, p.before, p.Columns+1)
	if err != nil {
		return err
	}
	if len(p.Revisions) > p.Columns {
		p.Before, p.Revisions = &p.Revisions[p.Columns], p.Revisions[:p.Columns]
	}
	for i := range p.Revisions {
		if p.Revisions[i].Start.Before(p.after) {
			p.Before, p.Revisions = &p.Revisions[i], p.Revisions[:i]
			break
		}
	}
	if len(p.Revisions) == 0 {
		return nil
	}
	causes, err := b.Verdicts.Causes(ctx, p.keys(), nil, causesEach)
	if err != nil {
		return err
	}
	p.Causes = make(map[int64][]verdicts.Cause)
	for _, c := range causes {
		p.Causes[c.Revision] = append(p.Causes[c.Revision], c)
	}
	if err := b.readAwaited(ctx, p); err != nil {
		return err
	}
	return b.readGrid(ctx, p)
}

// readAwaited finds out whether results of the newest revision of the branch are expected.
func (b *room) readAwaited(ctx context.Context, p *page) error {
	if p.before != nil || p.Selects() || p.worst() == verdict.New {
		return nil
	}
	share := shell.Awaited(p.Now, p.Branch.Recent)
	if share == 0 {
		return nil
	}
	commit := p.Head().CommitHash
	progress, err := b.Answers.ProgressOf(ctx, []string{commit})
	if !shell.IsComplete(progress[commit]) {
		p.Awaited = share
	}
	return err
}

// causesEach is how many causes of each verdict of a revision the page reads, to say in
// words what is wrong.
const causesEach = 20

func (p *page) keys() (all []int64) {
	for i := range p.Revisions {
		all = append(all, p.Revisions[i].Key)
	}
	return all
}

// page returns the page with its frame.
func (p *page) page() *shell.Page {
	b := p.Branch
	branchURL := shell.BranchURL(b.Tree, b.Name)
	crumbs := []shell.Link{{Text: "Trees", URL: "/"}, {Text: b.Tree, URL: shell.TreeURL(b.Tree)}, {Text: b.Name}}
	name := shell.Place(b.Tree, b.Name)
	if p.Path != "" {
		crumbs[2].URL = branchURL
		crumbs = append(append(crumbs, p.parents()...), shell.Link{Text: p.Path})
		name = p.Path + " on " + name
	}
	out := &shell.Page{
		Title: p.word() + ": " + name, Section: "Trees", Crumbs: crumbs, Content: templates.Content("branch.html", p),
		JSON: p.json(), CanBeStill: true,
	}
	if branchURL != "" {
		out.Atom = "/atom" + branchURL
	}
	for i := range p.Revisions {
		if at := p.Revisions[i].Changed; at.After(out.Changed) {
			out.Changed = at
		}
	}
	return out
}

// json returns the path of the API call with the verdicts of the newest revision.
func (p *page) json() string {
	of := url.Values{"tree": {p.Branch.Tree}}
	head := p.Head()
	if head == nil {
		return "/api/verdicts?" + of.Encode()
	}
	of.Set("branch", p.Branch.Name)
	if p.Path != "" {
		of.Set("path", p.Path)
	}
	name := head.CommitHash
	if head.PatchsetHash != "" {
		name += "+" + head.PatchsetHash
	}
	return p.Carried("/api/verdicts/"+name+"?"+of.Encode(), p.OfAPI(append([]string{"path", "verdict"}, shell.ResultParams...)...)...)
}

// Head returns the newest revision of the page, nil for none.
func (p *page) Head() *verdicts.Revision {
	if len(p.Revisions) == 0 {
		return nil
	}
	return &p.Revisions[0]
}

// earlier returns the revision before revision i of the page, nil for none.
func (p *page) earlier(i int) *verdicts.Revision {
	if i+1 < len(p.Revisions) {
		return &p.Revisions[i+1]
	}
	return p.Before
}

// worst returns the verdict on the newest revision, or on the results there that the page is
// about.
func (p *page) worst() verdict.Kind {
	switch {
	case p.Head() == nil:
		return ""
	case p.Selects():
		return p.Total[0].Overall()
	}
	return p.Head().Verdict()
}

// word is the verdict on the newest revision for the title.
func (p *page) word() string {
	switch head := p.Head(); {
	case head == nil:
		return "No revisions"
	case head.Judged.IsZero():
		return "Not judged yet"
	case p.Awaited > 0:
		return "Waiting"
	default:
		return cmp.Or(p.worst().Word(), "No results")
	}
}

// Bar returns the filter bar.
func (p *page) Bar() shell.FilterBar {
	fields := []shell.Field{{Label: "Tests", Name: "path", Placeholder: "kselftest.net", Wide: true}}
	fields = append(fields, shell.ResultFields()...)
	fields = append(fields, shell.VerdictField(), shell.Field{Label: "Revisions", Name: "columns", Placeholder: "14", Options: shell.Options("7", "30")})
	if p.Path != "" {
		fields = fields[1:]
	}
	return p.Filter.Bar(fields...)
}

// URL returns the URL of a revision, with the filter.
func (q *question) URL(r *verdicts.Revision) string {
	return q.Carried(shell.RevisionOn(r), shell.ResultParams...)
}
