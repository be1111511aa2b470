// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/object"
)

// shown is how many hits of a kind the page shows.
const shown = 20

// Failures and groups of tests are searched at the newest revisions of the branches that
// were tested last, so that a search costs the same however many results there are.
const (
	recentDays     = 30
	recentBranches = 60
)

// search finds a text.
type search struct {
	*shell.Shell
	text string
}

// run returns the sections that have hits.
func (s *search) run(ctx context.Context) (all []section, err error) {
	newest, err := s.Verdicts.Newest(ctx, s.Now().AddDate(0, 0, -recentDays), recentBranches)
	if err != nil {
		return nil, err
	}
	recent := recentOf(newest)
	for _, find := range []func(context.Context) (section, error){
		s.ids, s.revisions, s.branches,
		func(ctx context.Context) (section, error) { return s.tests(ctx, recent) },
		s.boards, s.senders, s.issues,
		func(ctx context.Context) (section, error) { return s.causes(ctx, recent) },
	} {
		found, err := find(ctx)
		if err != nil {
			return nil, err
		}
		if found.More = len(found.Hits) > shown; found.More {
			found.Hits = found.Hits[:shown]
		}
		if len(found.Hits) > 0 {
			all = append(all, found)
		}
	}
	return all, nil
}

// recentOf returns the newest revisions of branches by their keys.
func recentOf(branches []verdicts.Branch) map[int64]*verdicts.Revision {
	all := make(map[int64]*verdicts.Revision)
	for i := range branches {
		for j := range branches[i].Recent {
			all[branches[i].Recent[j].Key] = &branches[i].Recent[j]
		}
	}
	return all
}

func keysOf(revisions map[int64]*verdicts.Revision) (keys []int64) {
	for key := range revisions {
		keys = append(keys, key)
	}
	return keys
}

// ids finds objects by their ID, which begins with an origin and ":", and submissions, whose
// ID has no ":".
func (s *search) ids(ctx context.Context) (section, error) {
	found := section{Title: "Objects with this ID", ID: "ids"}
	if !strings.Contains(s.text, ":") {
		if !submit.IsID(s.text) {
			return found, nil
		}
		_, err := s.Store.Receipt(ctx, s.text)
		if errors.Is(err, store.ErrNoReceipt) {
			return found, nil
		}
		found.Hits = []hit{{Text: s.text, URL: shell.SubmissionURL(s.text), Note: "submission"}}
		return found, err
	}
	refs, err := s.Answers.ObjectsWithID(ctx, s.text)
	if err != nil {
		return found, err
	}
	urls := map[object.Type]func(string) string{
		object.TypeCheckout: shell.CheckoutURL, object.TypeBuild: shell.BuildURL, object.TypeTest: shell.TestURL,
		object.TypeIssue: shell.IssueURL, object.TypeIncident: shell.IncidentURL,
	}
	for _, ref := range refs {
		found.Hits = append(found.Hits, hit{Text: s.text, URL: urls[ref.Type](s.text), Note: string(ref.Type)})
	}
	return found, nil
}

// hashShape matches the beginning of a hash that is long enough to search for.
var hashShape = lazyregexp.New(`^[0-9a-f]{7,64}$`)

// revisions finds revisions by the beginning of their hash or name.
func (s *search) revisions(ctx context.Context) (section, error) {
	found := section{Title: "Revisions", ID: "revisions"}
	var all []verdicts.Revision
	var err error
	if hash := strings.ToLower(s.text); hashShape().MatchString(hash) {
		all, err = s.Verdicts.Find(ctx, hash, "")
	}
	if err == nil && len(all) == 0 {
		all, err = s.Verdicts.RevisionsNamed(ctx, s.text, 2*shown)
	}
	slices.SortStableFunc(all, func(a, b verdicts.Revision) int { return b.Start.Compare(a.Start) })
	seen := make(map[string]bool) // a revision stands on several branches
	for i := range all {
		r := &all[i]
		if url := shell.RevisionURL(r.CommitHash, r.PatchsetHash); !seen[url] {
			seen[url] = true
			found.Hits = append(found.Hits, hit{Text: r.Name(), URL: url, Verdict: r.Worst(), Note: shell.Place(r.Tree, r.Branch) + ", " + shell.Day(s.Now(), r.Start)})
		}
	}
	return found, err
}

// branches finds branches by the names of their tree, branch and repository.
func (s *search) branches(ctx context.Context) (section, error) {
	found := section{Title: "Trees and branches", ID: "branches"}
	all, err := s.Verdicts.BranchesWith(ctx, s.text, shown+1)
	for i := range all {
		b := &all[i]
		head := &b.Recent[0]
		found.Hits = append(found.Hits, hit{Text: shell.Place(b.Tree, b.Name), URL: shell.BranchURL(b.Tree, b.Name), Verdict: head.Worst(), Note: "newest " + head.Name()})
	}
	return found, err
}

// tests finds groups of tests by the first components of their paths.
func (s *search) tests(ctx context.Context, recent map[int64]*verdicts.Revision) (section, error) {
	found := section{Title: "Tests", ID: "tests"}
	groups, err := s.Verdicts.GroupsWith(ctx, keysOf(recent), s.text, shown+1)
	for _, g := range groups {
		r := recent[g.Revision]
		found.Hits = append(found.Hits, hit{Text: g.Name, URL: shell.GridURL(r.Tree, r.Branch, g.Name), Note: "on " + shell.Place(r.Tree, r.Branch)})
	}
	return found, err
}

// boards finds boards by their name, or by a compatible.
func (s *search) boards(ctx context.Context) (section, error) {
	found := section{Title: "Boards", ID: "boards"}
	all, err := s.Answers.PlatformsWith(ctx, s.text, shown+1)
	for _, p := range all {
		found.Hits = append(found.Hits, hit{Text: p.Name, URL: shell.HardwareURL(p.Name), Note: strings.Join(p.Compatibles, " ")})
	}
	return found, err
}

// senders finds origins and labs that sent results of late. Their names have no ":".
func (s *search) senders(ctx context.Context) (section, error) {
	found := section{Title: "Origins and labs", ID: "senders"}
	if strings.Contains(s.text, ":") {
		return found, nil
	}
	now := s.Now()
	origins, labs, err := s.Answers.SendersWith(ctx, s.text, answers.DaysOf(now.AddDate(0, 0, -recentDays), now))
	for _, origin := range origins {
		found.Hits = append(found.Hits, hit{Text: origin, URL: shell.OriginURL(origin), Note: "origin"})
	}
	for _, lab := range labs {
		found.Hits = append(found.Hits, hit{Text: lab, URL: shell.LabURL(lab), Note: "lab"})
	}
	return found, err
}

// issues finds issues by their IDs and texts. The versions of an issue are one hit.
func (s *search) issues(ctx context.Context) (section, error) {
	found := section{Title: "Issues", ID: "issues"}
	all, err := s.Answers.IssuesWith(ctx, s.text, 3*shown)
	seen := make(map[string]bool)
	for _, i := range all {
		if !seen[i.ID] {
			seen[i.ID] = true
			found.Hits = append(found.Hits, hit{Text: cmp.Or(i.Comment, i.ID), URL: shell.IssueURL(i.ID), Verdict: "known", Note: i.ID})
		}
	}
	return found, err
}

// causes finds failures of recent revisions by the line that says why they failed, or by
// their path.
func (s *search) causes(ctx context.Context, recent map[int64]*verdicts.Revision) (section, error) {
	found := section{Title: "Failures, by path or by a line of their log", ID: "failures"}
	all, err := s.Verdicts.CausesWith(ctx, keysOf(recent), s.text, shown+1)
	for _, c := range all {
		r := recent[c.Revision]
		url := shell.TestURL(c.Example)
		if c.Kind == "build" {
			url = shell.BuildURL(c.Example)
		}
		found.Hits = append(found.Hits, hit{
			Text: cmp.Or(c.Title, c.Path, "build"), URL: url, Verdict: c.Verdict, Fault: c.Fault,
			Note: shell.Place(r.Tree, r.Branch) + " " + r.Name() + ", " + shell.Plural(c.Results, "result"),
		})
	}
	return found, err
}
