// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// comparable are the parameters that narrow a comparison.
var comparable = append([]string{"path"}, shell.ResultParams...)

// compareParams are the parameters of a comparison.
var compareParams = append([]string{"branch", "by", "tree"}, comparable...)

// between separates the names of two revisions in a URL.
const between = "..."

// asked is the data of the page that asks which revisions to compare.
type asked struct {
	Before, After string
	Kept          []shell.Chosen // the parameters that narrow the comparison
}

// compareForm redirects from the parameters a and b of a form to the comparison, or shows the
// form if one of them is missing.
func (r room) compareForm(req *http.Request) (*shell.Page, error) {
	values := req.URL.Query()
	a, b := strings.TrimSpace(values.Get("a")), strings.TrimSpace(values.Get("b"))
	if a == "" || b == "" {
		return &shell.Page{
			Title: "Compare two revisions", Section: section, Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: "Compare"}},
			Content: templates.Content("ask.html", asked{a, b, shell.FilterOf(req).Chosen(compareParams...)}),
		}, nil
	}
	values.Del("a")
	values.Del("b")
	return nil, &shell.Redirect{To: shell.WithValues(compareURL(nameOf(a), nameOf(b)), values)}
}

// compareURL returns the URL of the comparison of two names.
func compareURL(a, b name) string { return shell.CompareURL(a.String(), b.String()) }

// compare answers with the comparison of two revisions.
func (r room) compare(req *http.Request) (*shell.Page, error) {
	if err := r.NeedCounts(); err != nil {
		return nil, err
	}
	names, err := namesOf(req)
	if err != nil {
		return nil, err
	}
	var sides [2]commit
	canonical := names
	for i, n := range names {
		sides[i], canonical[i], err = r.only(req.Context(), n)
		if a, ok := err.(*ambiguous); ok {
			return a.page(func(n name) string {
				chosen := names
				chosen[i] = n
				return withQuery(compareURL(chosen[0], chosen[1]), req)
			}), nil
		}
		if err != nil {
			return nil, err
		}
	}
	if to := compareURL(canonical[0], canonical[1]); to != req.URL.EscapedPath() {
		return nil, &shell.Redirect{To: withQuery(to, req)}
	}
	f := shell.FilterOf(req)
	if by := f.Get("by"); by != "" && by != "results" {
		return nil, shell.BadValue("by", by, "results, or nothing to count causes")
	}
	c := &comparison{names: canonical, filter: f}
	if err := c.choose(sides, f); err != nil {
		return nil, err
	}
	if err := c.read(req.Context(), r.Verdicts); err != nil {
		return nil, err
	}
	return c.page(), nil
}

// namesOf returns the names of the revisions in the path of a request.
func namesOf(req *http.Request) (names [2]name, err error) {
	segments := shell.Segments(req, "/compare/")
	if len(segments) == 1 {
		a, b, ok := strings.Cut(segments[0], between)
		if ok && a != "" && b != "" {
			return [2]name{nameOf(a), nameOf(b)}, nil
		}
	}
	return names, shell.NotFound("No such comparison", "The comparison of two revisions is at /compare/A...B, where A and B are names or hashes of 7 digits or more.")
}

// comparison is the data of the page that compares two revisions.
type comparison struct {
	Before, After verdicts.Revision
	*verdicts.Comparison

	names  [2]name
	filter shell.Filter
}

// choose chooses the branch whose verdicts the page shows: the one in the filter, or else
// the first that both revisions stand on.
func (c *comparison) choose(sides [2]commit, f shell.Filter) error {
	after, err := sides[1].onBranch(f)
	if err != nil {
		return err
	}
	before := &sides[0][0]
	for i := range sides[1] {
		on := &sides[1][i]
		if same := slices.IndexFunc(sides[0], func(r verdicts.Revision) bool { return r.BranchKey == on.BranchKey }); same >= 0 &&
			(!f.Has("tree", "branch") || on.Key == after.Key) {
			before, after = &sides[0][same], on
			break
		}
	}
	c.Before, c.After = *before, *after
	return nil
}

func (c *comparison) read(ctx context.Context, db *verdicts.DB) (err error) {
	c.Comparison, err = db.Compare(ctx, &c.Before, &c.After, verdicts.ResultsOf{Path: c.filter.All("path"), Selection: c.filter.Selection()})
	return err
}

// page returns the page of the comparison.
func (c *comparison) page() *shell.Page {
	v := c.view()
	changed := c.Before.Changed
	if c.After.Changed.After(changed) {
		changed = c.After.Changed
	}
	return &shell.Page{
		Title: v.Word + ": " + c.Before.Name() + " against " + c.After.Name(), Section: section, Content: templates.Content("compare.html", v), Changed: changed,
		Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: shell.Place(c.After.Tree, c.After.Branch), URL: shell.BranchURL(c.After.Tree, c.After.Branch)}, {Text: "Compare"}},
		JSON:   c.api(),
	}
}

// api returns the API call with the data of the page, "" if the names do not fit into one.
func (c *comparison) api() string {
	branch := shell.BranchURL(c.After.Tree, c.After.Branch)
	if branch == "" {
		return ""
	}
	values := url.Values{"hash_a": {c.Before.CommitHash}, "hash_b": {c.After.CommitHash}}
	if origin := c.filter.Get("origin"); origin != "" {
		values.Set("origin", origin)
	}
	return shell.WithValues("/api"+branch+"/compare", values)
}

// Bar is the filter bar, with the names of the revisions.
func (c *comparison) Bar() shell.FilterBar {
	fields := []shell.Field{{Label: "Tests", Name: "path", Placeholder: "all", Wide: true}}
	fields = append(fields, shell.ResultFields()...)
	bar := c.filter.Bar(append(fields, shell.Field{Label: "Show", Name: "by", Placeholder: "causes", Options: shell.Options("results")})...)
	bar.Action = "/compare"
	bar.Fields = append([]shell.Field{
		{Label: "Before", Name: "a", Value: c.names[0].String(), Wide: true}, {Label: "After", Name: "b", Value: c.names[1].String(), Wide: true},
	}, bar.Fields...)
	return bar
}

// Swap is the URL of the comparison the other way round.
func (c *comparison) Swap() string {
	return c.filter.Carried(compareURL(c.names[1], c.names[0]), compareParams...)
}

// RevisionURL returns the URL of one of the revisions, with the filter.
func (c *comparison) RevisionURL(r verdicts.Revision) string {
	return c.filter.Carried(shell.RevisionURL(r.CommitHash, r.PatchsetHash), comparable...)
}

// Backwards reports whether the first revision is the later one.
func (c *comparison) Backwards() bool { return c.Before.Start.After(c.After.Start) }

// SameBranch reports whether both revisions are on one branch.
func (c *comparison) SameBranch() bool { return c.Before.BranchKey == c.After.BranchKey }

// number returns how many variants of kinds have a change.
func (c *comparison) number(change verdicts.Change, kinds ...rollup.Kind) (n int64) {
	for i := range c.Differences {
		if d := &c.Differences[i]; d.Change == change && slices.Contains(kinds, d.Kind) {
			n++
		}
	}
	return n
}
