// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// treePage is the data of the page of a tree with several branches.
type treePage struct {
	Tree     string
	Now      time.Time
	Branches []treeBranch
}

type treeBranch struct {
	*verdicts.Branch
	Head  *verdicts.Revision
	Mark  template.HTML
	Text  string
	Spark []verdict.Kind
}

// tree is the page of a tree: it leads to the only branch, or lists the branches.
func (b *room) tree(r *http.Request, name string) (*shell.Page, error) {
	branches, err := b.Verdicts.BranchesOf(r.Context(), name)
	if err != nil {
		return nil, err
	}
	switch len(branches) {
	case 0:
		return nil, shell.NotFound("No such tree yet", "A tree is shown as soon as a checkout of it has arrived. The front page lists the trees that there are.")
	case 1:
		if url := shell.BranchURL(branches[0].Tree, branches[0].Name); url != "" {
			return nil, &shell.Redirect{To: shell.FilterOf(r).Carried(url, shell.ResultParams...)}
		}
	}
	var heads []int64
	for i := range branches {
		if len(branches[i].Recent) > 0 {
			heads = append(heads, branches[i].Recent[0].Key)
		}
	}
	causes, err := b.Verdicts.Causes(r.Context(), heads, []verdict.Kind{verdict.New}, 3)
	if err != nil {
		return nil, err
	}
	p := &treePage{Tree: name, Now: b.Now().UTC()}
	page := &shell.Page{
		Title: name, Section: "Trees", Crumbs: []shell.Link{{Text: "Trees", URL: "/"}, {Text: name}},
		Content: templates.Content("tree.html", p), JSON: "/api/verdicts?" + url.Values{"tree": {name}}.Encode(),
	}
	for i := range branches {
		if br := &branches[i]; len(br.Recent) > 0 {
			p.Branches = append(p.Branches, treeBranchOf(br, causes))
			if at := br.Recent[0].Changed; at.After(page.Changed) {
				page.Changed = at
			}
		}
	}
	page.Title = p.Sentence() + " " + name
	return page, nil
}

func treeBranchOf(b *verdicts.Branch, causes []verdicts.Cause) treeBranch {
	t := treeBranch{Branch: b, Head: &b.Recent[0], Mark: markOf(&b.Recent[0])}
	var earlier *verdicts.Revision
	if len(b.Recent) > 1 {
		earlier = &b.Recent[1]
	}
	t.Text = shell.Sentence(t.Head, earlier, causes)
	for i := range b.Recent {
		t.Spark = append(t.Spark, b.Recent[i].Verdict())
	}
	return t
}

// worse returns how many branches got worse.
func (p *treePage) worse() (n int64) {
	for _, b := range p.Branches {
		if b.Head.Total()[verdict.New] > 0 {
			n++
		}
	}
	return n
}

// Kind is the class of the verdict line.
func (p *treePage) Kind() verdict.Kind {
	if p.worse() > 0 {
		return verdict.New
	}
	return verdict.OK
}

// Mark returns the verdict on the tree.
func (p *treePage) Mark() template.HTML {
	if n := p.worse(); n > 0 {
		return shell.Marked(verdict.New, shell.Grouped(n)+" WORSE")
	}
	return shell.Marked(verdict.OK, "NOTHING NEW")
}

// Sentence says how many branches are worse than before.
func (p *treePage) Sentence() string {
	all := shell.Plural(int64(len(p.Branches)), "branch")
	switch n := p.worse(); n {
	case 0:
		return "None of " + all + " is worse than before."
	case 1:
		return "1 of " + all + " is worse than before."
	default:
		return shell.Grouped(n) + " of " + all + " are worse than before."
	}
}
