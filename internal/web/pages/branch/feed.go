// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"context"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// feedPath is the beginning of the paths of feeds: TREE/BRANCH follows.
const feedPath = "/atom/tree/"

// feedRevisions is how many revisions a feed has.
const feedRevisions = 20

// feed answers with the newest judged revisions of a branch, each with its sentence.
func (b *room) feed(w http.ResponseWriter, r *http.Request) {
	b.Feed(w, r, func(ctx context.Context) (*feed.Feed, error) {
		if err := b.NeedCounts(); err != nil {
			return nil, err
		}
		names := shell.Segments(r, feedPath)
		if len(names) != 2 {
			return nil, shell.NotFound("No such feed", "")
		}
		branch, err := b.Verdicts.BranchNamed(ctx, names[0], names[1])
		if err != nil || branch == nil {
			return nil, orNotFound(err)
		}
		revisions, err := b.Verdicts.Revisions(ctx, branch.Key, nil, feedRevisions+1)
		if err != nil {
			return nil, err
		}
		p := &page{Branch: branch, Revisions: revisions[:min(feedRevisions, len(revisions))], Causes: make(map[int64][]verdicts.Cause)}
		if len(revisions) > feedRevisions {
			p.Before = &revisions[feedRevisions]
		}
		causes, err := b.Verdicts.Causes(ctx, p.keys(), []verdict.Kind{verdict.New}, causesEach)
		for _, c := range causes {
			p.Causes[c.Revision] = append(p.Causes[c.Revision], c)
		}
		return p.feed(b.HomeURL(r)), err
	})
}

func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return shell.NotFound("No such branch", "")
}

func (p *page) feed(home string) *feed.Feed {
	url := shell.BranchURL(p.Branch.Tree, p.Branch.Name)
	name := shell.Line(shell.Place(p.Branch.Tree, p.Branch.Name))
	f := &feed.Feed{Title: "KCIDB: " + name, Self: home + "/atom" + url, Page: home + url}
	for i := range p.Revisions {
		r := &p.Revisions[i]
		if r.Judged.IsZero() {
			continue
		}
		link := home + shell.RevisionURL(r.CommitHash, r.PatchsetHash)
		e := feed.Entry{
			ID: f.Self + "#" + r.CommitHash, At: r.Start, Link: link,
			Title: shell.Line(name + " " + r.Name()), Content: p.sentenceOf(i),
		}
		if r.PatchsetHash != "" {
			e.ID += "+" + r.PatchsetHash
		}
		f.Entries = append(f.Entries, e)
	}
	return f
}
