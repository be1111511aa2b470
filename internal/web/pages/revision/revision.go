// SPDX-License-Identifier: Apache-2.0

// Package revision has the pages of a revision and of the comparison of two revisions.
//
// A revision is a commit, with a set of patches or without. Its verdicts are those of one
// of the branches that it stands on, because each branch has other earlier revisions.
package revision

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// section is the part of the bar that the pages belong to.
const section = "Trees"

// room has what its views read.
type room struct{ *shell.Shell }

// Routes adds the pages to a front.
func Routes(f *front.Front, s *shell.Shell) {
	r := room{s}
	s.HandleBelow(f, "/revision/", r.revision, revisionParams...)
	s.Handle(f, "/compare", r.compareForm, append([]string{"a", "b"}, compareParams...)...)
	s.HandleBelow(f, "/compare/", r.compare, compareParams...)
}

// minHash is the least number of digits that name a revision.
const minHash = 7

// name is a revision as a URL names it.
type name struct{ commit, patchset string }

// String returns the name as the segment of a URL.
func (n name) String() string {
	if n.patchset == "" {
		return n.commit
	}
	return n.commit + "+" + n.patchset
}

// isHash reports whether a text may be the beginning of a hash of a commit.
func isHash(text string) bool {
	return len(text) >= minHash && strings.Trim(text, "0123456789abcdef") == ""
}

// nameOf returns the name in a segment. A plus within the name of a commit is no
// separator: only a hash has patches behind it.
func nameOf(segment string) name {
	if commit, patchset, ok := strings.Cut(segment, "+"); ok && isHash(lower(commit)) && isHash(lower(patchset)) {
		return name{lower(commit), lower(patchset)}
	}
	return name{commit: lower(segment)}
}

// lower returns a hash in lower case, as the database has it, and other texts as they are.
func lower(text string) string {
	if digits := strings.ToLower(text); isHash(digits) {
		return digits
	}
	return text
}

// commit is a commit with its patches on all branches that it stands on, the newest start
// first.
type commit []verdicts.Revision

// name returns the shortest name of the commit: hashes of 12 digits.
func (c commit) name() name {
	return name{shell.Short(c[0].CommitHash), shell.Short(c[0].PatchsetHash)}
}

// wholeName returns the name with all digits.
func (c commit) wholeName() name { return name{c[0].CommitHash, c[0].PatchsetHash} }

// url returns the URL of the page of a name.
func (n name) url() string { return "/revision/" + url.PathEscape(n.String()) }

// find returns the commits that a name means, the newest first. A hash with all its digits,
// and a name that one commit has, mean one.
func (r room) find(ctx context.Context, n name) (all []commit, err error) {
	found, err := r.Verdicts.Find(ctx, n.commit, n.patchset)
	place := make(map[name]int)
	for _, on := range found {
		key := name{on.CommitHash, on.PatchsetHash}
		i, ok := place[key]
		if !ok {
			i = len(all)
			place[key] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], on)
	}
	return all, err
}

// newest returns the newest commit of the branch that a name such as "next/master" means,
// none if no branch has the name. Trees and branches may have slashes in their names: either
// the first or the last slash is between them.
func (r room) newest(ctx context.Context, n name) ([]commit, error) {
	tried := -1
	for _, slash := range []int{strings.Index(n.commit, "/"), strings.LastIndex(n.commit, "/")} {
		if slash == tried {
			break
		}
		tried = slash
		branch, err := r.Verdicts.BranchNamed(ctx, n.commit[:slash], n.commit[slash+1:])
		if err != nil {
			return nil, err
		}
		if branch != nil {
			head := branch.Recent[0]
			return r.find(ctx, name{head.CommitHash, head.PatchsetHash})
		}
	}
	return nil, nil
}

// only returns the commit that a name means, and the name in its URL: the short one unless
// another commit has it, too. If several commits are meant, it returns an error that lists
// them.
func (r room) only(ctx context.Context, n name) (commit, name, error) {
	all, err := r.find(ctx, n)
	if err == nil && len(all) == 0 {
		all, err = r.newest(ctx, n)
	}
	switch {
	case err != nil:
		return nil, n, err
	case len(all) == 0:
		return nil, n, unknown(n)
	case len(all) > 1:
		return nil, n, &ambiguous{n, all}
	}
	short := all[0].name()
	if n == short {
		return all[0], short, nil
	}
	same, err := r.find(ctx, short)
	if len(same) > 1 {
		return all[0], all[0].wholeName(), err
	}
	return all[0], short, err
}

// unknown is the refusal of a name that no revision has.
func unknown(n name) error {
	title := fmt.Sprintf("No revision %s is known", shell.Line(n.String()))
	help := "A revision is shown as soon as an origin reports a checkout of it. Look at the hash again, or search for the name of the commit or of its tree. TREE/BRANCH is the newest revision of a branch."
	if strings.Trim(n.commit, "0123456789abcdef") == "" && len(n.commit) < minHash {
		help = "The beginning of a hash has at least 7 digits. " + help
	}
	return shell.NotFound(title, help)
}

// ambiguous is the error of a name that several revisions have.
type ambiguous struct {
	name name
	all  []commit
}

func (a *ambiguous) Error() string { return a.name.String() + " is ambiguous" }

// choice is the data of the page that lists the revisions of an ambiguous name.
type choice struct {
	Name string
	All  []offered
}

type offered struct {
	verdicts.Revision
	URL    string
	Places []shell.Link
}

// page returns the page that lists the revisions with links to them.
func (a *ambiguous) page(link func(name) string) *shell.Page {
	c := choice{Name: a.name.String()}
	for _, of := range a.all {
		c.All = append(c.All, offered{of[0], link(of.wholeName()), of.places()})
	}
	return &shell.Page{
		Title: fmt.Sprintf("%d revisions are %s", len(a.all), c.Name), Section: section, Status: http.StatusMultipleChoices,
		Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: c.Name}}, Content: templates.Content("choice.html", c),
	}
}

// places returns the branches that a commit stands on.
func (c commit) places() (all []shell.Link) {
	for i := range c {
		all = append(all, shell.Link{Text: shell.Place(c[i].Tree, c[i].Branch), URL: shell.BranchURL(c[i].Tree, c[i].Branch)})
	}
	return all
}

// onBranch returns the revision on the branch that a filter names by tree and branch: the
// first if it names none.
func (c commit) onBranch(f shell.Filter) (*verdicts.Revision, error) {
	i := slices.IndexFunc(c, func(r verdicts.Revision) bool {
		return (!f.Has("tree") || f.Get("tree") == r.Tree) && (!f.Has("branch") || f.Get("branch") == r.Branch)
	})
	if i < 0 {
		return nil, shell.NotFound(fmt.Sprintf("%s is not on the branch %s %s", c[0].Name(), shell.Line(f.Get("tree")), shell.Line(f.Get("branch"))),
			"Take the tree and the branch out of the address: the page then names the branches.")
	}
	return &c[i], nil
}

// withQuery returns a path with the query of a request.
func withQuery(path string, r *http.Request) string {
	if r.URL.RawQuery == "" {
		return path
	}
	return path + "?" + r.URL.RawQuery
}
