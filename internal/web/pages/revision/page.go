// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// filterParams are the parameters that select results.
var filterParams = append([]string{"cause", "issue", "kind", "path", "status", "verdict"}, shell.ResultParams...)

// revisionParams are the parameters of the page of a revision.
var revisionParams = append([]string{"after", "branch", "by", "tree"}, filterParams...)

// maxCauses is how many causes of a verdict the page shows, and maxExamples how many of
// the results of a cause it reads.
const (
	maxCauses   = 30
	maxExamples = 10
)

// revision answers with the page of a revision. Old URLs have the patches in a segment of
// their own.
func (r room) revision(req *http.Request) (*shell.Page, error) {
	var wanted name
	switch segments := shell.Segments(req, "/revision/"); len(segments) {
	case 1:
		wanted = nameOf(segments[0])
	case 2:
		wanted = name{lower(segments[0]), lower(segments[1])}
	default:
		return nil, shell.NotFound("No such page of a revision", "The page of a revision is at /revision/ and its hash, or the name of its commit.")
	}
	if r.NeedCounts() != nil {
		return r.plain(req, wanted)
	}
	of, named, err := r.only(req.Context(), wanted)
	if refusal := (*shell.Refusal)(nil); errors.As(err, &refusal) && len(wanted.commit) >= wholeHash {
		return r.plain(req, wanted)
	}
	if a, ok := err.(*ambiguous); ok {
		return a.page(func(n name) string { return withQuery(n.url(), req) }), nil
	}
	if err != nil {
		return nil, err
	}
	if named.url() != req.URL.EscapedPath() {
		return nil, &shell.Redirect{To: withQuery(named.url(), req)}
	}
	f := shell.FilterOf(req)
	on, err := of.onBranch(f)
	if err != nil {
		return nil, err
	}
	if by := f.Get("by"); by != "" && !isDimension(by) {
		return nil, shell.BadValue("by", by, "arch, compiler, config, lab, origin, platform or reason: the table of counts that is shown as a whole")
	}
	p := &page{Revision: *on, On: of, url: named.url(), filter: f, Now: r.Now()}
	if p.wanted, err = wantedBy(f, on.Key); err != nil {
		return nil, err
	}
	if p.wanted == nil && f.Has("after") {
		return nil, noPlace(f.Get("after"))
	}
	if err := p.read(req.Context(), r.Shell); err != nil {
		return nil, err
	}
	return p.page(), nil
}

// page is the data of the page of a revision.
type page struct {
	verdicts.Revision
	On             commit // the revision on all of its branches
	Earlier, Later *verdicts.Revision
	Now            time.Time

	url       string // of the page, without parameters
	filter    shell.Filter
	wanted    *verdicts.ResultsOf // the results that the filter selects, nil without a filter
	sums      verdicts.Sums
	before    verdicts.Sums // of the earlier revision
	tallies   []verdicts.Tally
	sum       map[tallied]int64
	checkouts []*report.Checkout
	causes    map[verdict.Kind][]verdicts.Cause
	examples  map[int64][]verdicts.Result
	issues    map[store.Key]answers.IssueLine
	results   []verdicts.Result
	selected  verdict.Counts // of the results that the filter selects; nil if they are not counted
	next      string         // cursor of the results that follow, "" if none do
}

// read reads the data of the page.
func (p *page) read(ctx context.Context, s *shell.Shell) (err error) {
	if p.Earlier, p.Later, err = s.Verdicts.Neighbours(ctx, &p.Revision); err != nil {
		return err
	}
	if err = p.readSums(ctx, s.Verdicts); err != nil {
		return err
	}
	if err = p.readCheckouts(ctx, s); err != nil {
		return err
	}
	causes, err := s.Verdicts.Causes(ctx, []int64{p.Key}, nil, maxCauses)
	if err != nil {
		return err
	}
	p.causes = make(map[verdict.Kind][]verdicts.Cause)
	var keys []int64
	for _, c := range causes {
		p.causes[c.Verdict] = append(p.causes[c.Verdict], c)
		keys = append(keys, c.Key)
	}
	if p.wanted != nil {
		if err = p.readSelected(ctx, s.Verdicts); err != nil {
			return err
		}
		if err = p.readResults(ctx, s.Verdicts); errors.Is(err, verdicts.ErrCursor) {
			err = noPlace(p.wanted.After)
		}
	} else if len(keys) > 0 {
		p.examples, err = s.Verdicts.PerCause(ctx, p.Key, keys, maxExamples)
	}
	if err != nil {
		return err
	}
	p.issues, err = s.Answers.IssueLines(ctx, p.issueKeys())
	return err
}

// noPlace is the refusal of the place in a list where a page of results is to begin.
func noPlace(after string) error {
	return shell.BadValue("after", after, "a place in the list of results that a filter selects, as the link to its next page has it")
}

// readResults reads the results that the filter selects: those that do not simply pass, worst
// first, and behind them the others.
func (p *page) readResults(ctx context.Context, db *verdicts.DB) (err error) {
	of := *p.wanted
	if !verdicts.IsUnremarkable(of.After) {
		// One more than the page lists, to know whether more follow.
		of.N = perPage + 1
		if p.results, err = db.Results(ctx, of); err != nil {
			return err
		}
		if len(p.results) > perPage {
			p.results = p.results[:perPage]
			p.next = p.results[perPage-1].Cursor()
			return nil
		}
		of.After = ""
	}
	if !wantsUnremarkable(&of) {
		if of.After != "" {
			return verdicts.ErrCursor // it continues a list of results that pass
		}
		return nil
	}
	if len(p.results) == perPage {
		p.next = verdicts.FirstUnremarkable
		return nil
	}
	of.N = perPage - len(p.results)
	others, err := db.Unremarkable(ctx, &p.Revision, of)
	if err != nil {
		return err
	}
	p.results, p.next = append(p.results, others.Results...), others.Next
	return nil
}

// readSums reads the numbers of the revision, and those of the earlier revision.
func (p *page) readSums(ctx context.Context, db *verdicts.DB) error {
	keys, both := []int64{p.Key}, []*verdicts.Revision{&p.Revision}
	if p.Earlier != nil {
		keys, both = append(keys, p.Earlier.Key), append(both, p.Earlier)
	}
	sums, err := db.Sums(ctx, keys, p.group())
	if err != nil {
		return err
	}
	p.sums = sums[p.Key]
	if p.Earlier != nil {
		p.before = sums[p.Earlier.Key]
	}
	p.tallies, err = db.Breakdown(ctx, both)
	p.addUp()
	return err
}

// group returns the group of tests whose second level the page shows, "" for the first.
func (p *page) group() string {
	if paths := p.filter.Values("path"); len(paths) == 1 {
		group, _, _ := strings.Cut(paths[0], ".")
		return group
	}
	return ""
}

// readCheckouts reads the checkouts of the revision.
func (p *page) readCheckouts(ctx context.Context, s *shell.Shell) error {
	var ids []string
	for _, t := range p.tallies {
		if t.Revision == 0 && t.Dimension == verdicts.ByCheckout && t.Kind == "" {
			ids = append(ids, t.Value)
		}
	}
	for r, err := range s.Store.Query(ctx, store.Query{Checkouts: ids, Metadata: true}) {
		if err != nil {
			return err
		}
		for i := range r.Checkouts {
			p.checkouts = append(p.checkouts, &r.Checkouts[i])
		}
	}
	return nil
}

func (p *page) issueKeys() (keys []store.Key) {
	for _, c := range p.causes[verdict.Known] {
		keys = append(keys, store.Key{ID: c.IssueID, Version: c.Version})
	}
	for i := range p.results {
		if id := p.results[i].IssueID; id != "" {
			keys = append(keys, store.Key{ID: id, Version: p.results[i].Version})
		}
	}
	return keys
}

// view is the page with its parts, made once.
type view struct {
	*page
	New, Still, Flaky, Lab, Fixed []card
	Known                         []known
	Listed                        *listed
	Matrix                        matrix
	Groups                        []group
	Breakdowns                    []breakdown
	Sources                       []source
	NotRun                        []missing
	Commit                        commitFacts
}

func (p *page) view() *view {
	return &view{
		page: p, New: p.cards(verdict.New), Still: p.cards(verdict.Still), Flaky: p.cards(verdict.Flaky), Lab: p.cards(verdict.Lab),
		Fixed: p.cards(verdict.Fixed), Known: p.knownIssues(), Listed: p.listed(), Matrix: p.matrix(), Groups: p.groups(),
		Breakdowns: p.breakdowns(), Sources: p.sources(), NotRun: p.notRun(), Commit: p.commitFacts(),
	}
}

// page returns the page of the data.
func (p *page) page() *shell.Page {
	page := &shell.Page{
		Title: p.title(), Section: section, Content: templates.Content("revision.html", p.view()), Changed: p.Changed,
		Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: shell.Place(p.Tree, p.Branch), URL: shell.BranchURL(p.Tree, p.Branch)}, {Text: p.Name()}},
		JSON:   p.api(),
	}
	if p.Earlier != nil {
		page.Older = p.carried(p.Earlier)
	}
	if p.Later != nil {
		page.Newer = p.carried(p.Later)
	}
	return page
}

// api returns the API call with the data of the page.
func (p *page) api() string {
	path := "/api/verdicts/" + url.PathEscape(p.On.wholeName().String())
	return p.filter.Carried(shell.WithValues(path, url.Values{"tree": {p.Tree}, "branch": {p.Branch}}),
		p.filter.OfAPI(append([]string{"issue", "kind", "path", "verdict"}, shell.ResultParams...)...)...)
}

// carried returns the URL of another revision with the filter.
func (p *page) carried(to *verdicts.Revision) string {
	return p.filter.Carried(shell.RevisionURL(to.CommitHash, to.PatchsetHash), append([]string{"branch", "tree"}, filterParams...)...)
}

// title returns the title of the document, which begins with the verdict.
func (p *page) title() string {
	if p.Judged.IsZero() {
		return p.Name()
	}
	text := "nothing new"
	switch k := p.Verdict(); {
	case k == "":
		text = "no results"
	case p.awaited():
		text = "waiting"
	case k == verdict.New:
		text = shell.Plural(p.Causes[verdict.New], "new failure")
	case k == verdict.OK && p.Total()[verdict.Skip] == 0:
		text = "all pass"
	}
	return strings.ToUpper(text[:1]) + text[1:] + ": " + p.Name()
}

// tallied identifies a number of results.
type tallied struct {
	revision  int // 0 for the revision, 1 for the earlier one
	dimension verdicts.Dimension
	value     string
	kind      rollup.Kind
}

// addUp sums the numbers of the revisions, whatever status they have.
func (p *page) addUp() {
	p.sum = make(map[tallied]int64)
	for _, t := range p.tallies {
		p.sum[tallied{t.Revision, t.Dimension, t.Value, t.Kind}] += t.N
	}
}

// tally returns the number of results of kinds that have a value of a dimension.
func (p *page) tally(revision int, by verdicts.Dimension, value string, kinds ...rollup.Kind) (n int64) {
	for _, kind := range kinds {
		n += p.sum[tallied{revision, by, value, kind}]
	}
	return n
}
