// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// excerptLines is about how many lines of a log a page shows.
const excerptLines = 60

// maxFiles is how many files a page links; the last part of the page has all.
const maxFiles = 50

// maxElsewhere is how many other variants a page lists.
const maxElsewhere = 50

// result is the data of the pages of tests and builds.
type result struct {
	Name       string       // the heading
	Small      []shell.Link // stand behind it
	ID, Origin string
	Answer     *answer
	Status     report.Status
	Start      time.Time
	Took       string // how long, "" if unknown
	Number     string // that a test measured, "" for none
	LogURL     string // of the whole log, "" for none
	Copy       *logCopy
	LogPage    string // the page with the whole excerpt
	Log        *shell.Log
	Jobs       []shell.Link
	Report     string // where an issue is recorded
	Comment    string
	Files      []shell.Link // that it used or wrote
	Standing   *standing
	Strip      *strip // nil if nothing is known of it
	Elsewhere  []run
	More       int // other variants that are not listed
	MoreURL    string
	Reasons    []reason
	Commands   []commands
	Stored     []storedObject
}

// storedObject is an object with all its properties, for the last part of a page.
type storedObject struct {
	Title, URL string
	Properties []property
}

// testPage is the page of a test.
type testPage struct {
	result
	Test  *graph.Test
	Build *graph.Build
}

func (s *room) findTest(r *http.Request, id string) (*graph.Test, error) {
	return find[*graph.Test](r, s, object.TestRef(id), unknown("test", id,
		"A test is shown as soon as its report is loaded, which takes seconds. If it was sent, its receipt says what became of it. Was the ID cut short?"))
}

// test is the page of a test.
func (s *room) test(r *http.Request, id string) (*shell.Page, error) {
	t, err := s.findTest(r, id)
	if err != nil {
		return nil, err
	}
	issues, err := t.Issues()
	if err != nil {
		return nil, err
	}
	build, checkout := t.Build(), t.Build().Checkout()
	of := &subject{
		kind: rollup.KindOf(t.Path()), id: id, checkout: checkout, missing: missingParent(build),
		variant: answers.Variant{Path: t.Path(), Platform: platformOf(t), Architecture: build.Architecture(), ConfigName: build.Config(), Compiler: build.Compiler()},
	}
	st, err := s.stand(r.Context(), of)
	if err != nil {
		return nil, err
	}
	page := &testPage{Test: t, Build: build, result: result{
		Name: t.Path(), Small: withTexts(shell.Link{Text: t.Platform(), URL: shell.HardwareURL(t.Platform())},
			shell.Link{Text: joined(build.Architecture(), build.Config(), build.Compiler())},
			shell.Link{Text: labOf(t), URL: shell.LabURL(labOf(t))}, shell.Link{Text: t.Origin, URL: shell.OriginURL(t.Origin)}),
		ID: id, Origin: t.Origin, Status: t.Outcome(), Start: t.Start(), Took: took(t.Test.Duration), Number: measured(t.Test.Number),
		LogURL: shell.Outside(t.Log()), LogPage: below(shell.TestURL(id), "log"), Jobs: jobs(t.Extra(), t.EnvironmentExtra()),
		Report: "/issues/new?" + url.Values{"test": {id}}.Encode(), Comment: block(t.Remark()),
		Files: filesOf(t.OutputFiles, t.InputFiles),
	}}
	if page.Name == "" {
		page.Name = "Test without a path"
	}
	if page.Copy, err = s.copyOf(r, t.Log()); err != nil {
		return nil, err
	}
	page.read(st, t.Excerpt(), t.Path(), t.Reason(), issues, shell.TestURL)
	page.Commands = []commands{theKernel(build), theTest(t), theCommit(page.Answer)}
	page.Stored = []storedObject{{"This test", "", stored(&t.Test)}}
	if build.Known() {
		page.Stored = append(page.Stored, storedObject{"Its build", shell.BuildURL(t.BuildID), stored(&build.Build)})
	}
	return &shell.Page{
		Title: page.title(), Section: "Trees", Crumbs: crumbs(s, checkout, st, facts.Suite(t.Path())), JSON: "/api/test/" + url.PathEscape(id),
		Content: templates.Content("test.html", page), Changed: changed(st, t.Timestamp, page.Copy),
	}, nil
}

// read fills in what the pages of tests and builds have in common.
func (p *result) read(st *standing, excerpt, path, reason string, issues []*graph.SeenVersion, pageOf func(id string) string) {
	log := shell.LogOf(excerpt, path)
	p.Standing, p.Log = st, log.Short(excerptLines)
	p.Answer = answerOf(st, p.Status, log, reason, issues)
	p.Reasons = st.reasons(p.Answer)
	if len(st.Columns) > 0 {
		p.Strip = stripOf(st, pageOf)
	}
	for _, r := range st.Runs {
		switch {
		case r.ID == p.ID:
		case len(p.Elsewhere) < maxElsewhere:
			p.Elsewhere = append(p.Elsewhere, r)
		default:
			p.More++
		}
	}
	if p.More > 0 {
		p.MoreURL = shell.RevisionURL(st.Here.CommitHash, st.Here.PatchsetHash)
		if path != "" && p.MoreURL != "" {
			p.MoreURL += "?" + url.Values{"path": {path}}.Encode()
		}
	}
}

// title returns the title of the page, which begins with the verdict.
func (p *result) title() string {
	text := p.Answer.Word() + ": " + p.Name
	if len(p.Small) > 0 {
		text += " on " + p.Small[0].Text
	}
	if name := nameOf(&p.Standing.Here); name != "" {
		text += ", " + name
	}
	return text
}

// missingParent says which of the parents of a result is not in the database.
func missingParent(b *graph.Build) string {
	switch {
	case !b.Known():
		return "Its build " + shell.Line(b.Build.ID) + " is not here yet, so the revision is not known. The page shows more as soon as the build is loaded."
	case !b.Checkout().Known():
		return "Its checkout " + shell.Line(b.CheckoutID) + " is not here yet, so the revision is not known. The page shows more as soon as the checkout is loaded."
	}
	return ""
}

// platformOf returns the platform of a test as it is counted.
func platformOf(t *graph.Test) string {
	if t.Environment == nil {
		return ""
	}
	var platforms rollup.Platforms
	return platforms.Of(t.Environment.Misc)
}

func labOf(t *graph.Test) string {
	if lab := facts.LabOf(t.Lab(), t.Origin); lab != t.Origin {
		return lab
	}
	return ""
}

// below returns the URL of a page below another, "" if that has none.
func below(page, name string) string {
	if page == "" {
		return ""
	}
	return page + "/" + name
}

// withTexts returns the links that have a text.
func withTexts(links ...shell.Link) []shell.Link {
	return slices.DeleteFunc(links, func(l shell.Link) bool { return l.Text == "" })
}

// filesOf returns links to the files of a result.
func filesOf(lists ...[]report.Resource) (all []shell.Link) {
	for _, files := range lists {
		for _, file := range files {
			if at := shell.Outside(file.URL); at != "" && len(all) < maxFiles {
				all = append(all, shell.Link{Text: cmp.Or(file.Name, at), URL: at})
			}
		}
	}
	return all
}

func nonEmpty(texts ...string) (all []string) {
	for _, text := range texts {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}

func joined(texts ...string) string { return strings.Join(nonEmpty(texts...), " ") }

func took(seconds *float64) string {
	if seconds == nil {
		return ""
	}
	return shell.Duration(math.Round(*seconds*10) / 10)
}

func measured(n *report.Number) string {
	if n == nil {
		return ""
	}
	unit := ""
	if n.Unit != nil {
		unit = *n.Unit
	}
	return withUnit(n.Value, unit)
}

// jobs returns links to the job that made a result, from the free members by which
// origins name it.
func jobs(miscs ...map[string]any) (all []shell.Link) {
	for _, misc := range miscs {
		id, _ := misc["job_id"].(string)
		if at, _ := misc["job_url"].(string); shell.Outside(at) != "" {
			all = append(all, shell.Link{Text: joined("job", id), URL: at})
		}
		if at, _ := misc["maestro_viewer"].(string); shell.Outside(at) != "" {
			all = append(all, shell.Link{Text: "at its origin", URL: at})
		}
	}
	return all
}

// crumbs lead to a result.
func crumbs(s *room, c *graph.Checkout, st *standing, last string) []shell.Link {
	all := []shell.Link{{Text: "Trees", URL: "/"}}
	tree, branch := st.Here.Tree, st.Here.Branch
	if tree == "" {
		tree, branch = s.Trees.Tree(c.Tree(), c.Repository()), c.Branch()
	}
	if tree != "" {
		all = append(all, shell.Link{Text: shell.Place(tree, branch), URL: shell.BranchURL(tree, branch)})
	}
	if c.Commit() != "" {
		name := c.CommitName()
		if name == "" {
			name = shell.Short(c.Commit())
		}
		all = append(all, shell.Link{Text: name, URL: revisionOf(c)})
	}
	if last != "" {
		all = append(all, shell.Link{Text: last})
	}
	return all
}

// revisionOf returns the URL of the revision of a checkout, "" if it has none.
func revisionOf(c *graph.Checkout) string {
	ref, ok := object.RevisionOf(&c.Checkout)
	if !ok {
		return ""
	}
	return shell.RevisionURL(ref.ID[0], ref.ID[1])
}

// changed returns when the data of a page changed last.
func changed(st *standing, object *time.Time, log *logCopy) time.Time {
	last := st.Here.Changed
	if log != nil && log.Made.After(last) {
		last = log.Made
	}
	if object != nil && object.After(last) {
		last = *object
	}
	return last
}
