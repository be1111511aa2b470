// SPDX-License-Identifier: Apache-2.0

// Package find finds anything by a text, for the page of the search and for its API call:
// revisions, branches, tests, boards, origins, labs, issues, IDs, and lines that say why a
// test failed.
package find

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/object"
)

const (
	// MaxText is the most bytes of a text to search for.
	MaxText = 500
	// Most is how many hits a list of Found has.
	Most = 20
)

// Failures and groups of tests are searched at the newest revisions of the branches that
// were tested last, so that a search costs the same however many results there are.
const (
	recentDays     = 30
	recentBranches = 60
)

// Finder finds what the databases have.
type Finder struct {
	Store    store.Store
	Answers  *answers.DB
	Verdicts *verdicts.DB
	Now      func() time.Time
}

// List names a list of Found.
type List string

// The lists that may be too long.
const (
	Revisions List = "revisions"
	Branches  List = "branches"
	Tests     List = "tests"
	Boards    List = "boards"
	Origins   List = "origins"
	Labs      List = "labs"
	Issues    List = "issues"
	Failures  List = "failures"
)

// Found has the hits, by kind.
type Found struct {
	Objects    []object.Ref        // with the text as their ID
	Submission string              // the text, if it is the ID of a submission; else ""
	Revisions  []verdicts.Revision // each on one of its branches, the newest first
	Branches   []verdicts.Branch
	Tests      []Group
	Boards     []answers.Platform
	Origins    []string
	Labs       []string
	Issues     []answers.FoundIssue // each in one version, the newest first
	Failures   []Failure
	// More names the lists that were cut, because they have more than Most hits.
	More []List
}

// Group is a group of tests, by the first components of their paths.
type Group struct {
	Name string
	At   *verdicts.Revision // where the tests ran
}

// Failure is a cause for which results fail.
type Failure struct {
	verdicts.Cause
	At *verdicts.Revision
}

// search is a search for a text.
type search struct {
	*Finder
	text   string
	recent map[int64]*verdicts.Revision // by their keys
	found  Found
}

// Find finds a text.
func (f *Finder) Find(ctx context.Context, text string) (*Found, error) {
	newest, err := f.Verdicts.Newest(ctx, f.Now().AddDate(0, 0, -recentDays), recentBranches)
	if err != nil {
		return nil, err
	}
	s := &search{Finder: f, text: text, recent: make(map[int64]*verdicts.Revision)}
	for i := range newest {
		for j := range newest[i].Recent {
			s.recent[newest[i].Recent[j].Key] = &newest[i].Recent[j]
		}
	}
	for _, find := range []func(context.Context) error{s.ids, s.revisions, s.branches, s.tests, s.boards, s.senders, s.issues, s.failures} {
		if err := find(ctx); err != nil {
			return nil, err
		}
	}
	return &s.found, nil
}

// cut returns the first hits of a list, and notes if it has more.
func cut[E any](s *search, list List, all []E) []E {
	if len(all) <= Most {
		return all
	}
	s.found.More = append(s.found.More, list)
	return all[:Most]
}

func (s *search) recentKeys() (keys []int64) {
	for key := range s.recent {
		keys = append(keys, key)
	}
	return keys
}

// ids finds objects by their ID, which begins with an origin and ":", and submissions, whose
// ID has no ":".
func (s *search) ids(ctx context.Context) (err error) {
	if strings.Contains(s.text, ":") {
		s.found.Objects, err = s.Answers.ObjectsWithID(ctx, s.text)
		return err
	}
	if !submit.IsID(s.text) {
		return nil
	}
	switch _, err := s.Store.Receipt(ctx, s.text); {
	case errors.Is(err, store.ErrNoReceipt):
		return nil
	case err != nil:
		return err
	}
	s.found.Submission = s.text
	return nil
}

// hashShape matches the beginning of a hash that is long enough to search for.
var hashShape = lazyregexp.New(`^[0-9a-f]{7,64}$`)

// revisions finds revisions by the beginning of their hash or name.
func (s *search) revisions(ctx context.Context) (err error) {
	var all []verdicts.Revision
	if hash := strings.ToLower(s.text); hashShape().MatchString(hash) {
		all, err = s.Verdicts.Find(ctx, hash, "")
	}
	if err == nil && len(all) == 0 {
		all, err = s.Verdicts.RevisionsNamed(ctx, s.text, 2*Most)
	}
	slices.SortStableFunc(all, func(a, b verdicts.Revision) int { return b.Start.Compare(a.Start) })
	s.found.Revisions = cut(s, Revisions, verdicts.Distinct(all))
	return err
}

// branches finds branches by the names of their tree, branch and repository.
func (s *search) branches(ctx context.Context) error {
	all, err := s.Verdicts.BranchesWith(ctx, s.text, Most+1)
	s.found.Branches = cut(s, Branches, all)
	return err
}

// tests finds groups of tests by the first components of their paths.
func (s *search) tests(ctx context.Context) error {
	groups, err := s.Verdicts.GroupsWith(ctx, s.recentKeys(), s.text, Most+1)
	for _, g := range cut(s, Tests, groups) {
		s.found.Tests = append(s.found.Tests, Group{g.Name, s.recent[g.Revision]})
	}
	return err
}

// boards finds boards by their name, or by a compatible.
func (s *search) boards(ctx context.Context) error {
	all, err := s.Answers.PlatformsWith(ctx, s.text, Most+1)
	s.found.Boards = cut(s, Boards, all)
	return err
}

// senders finds origins and labs that sent results of late. Their names have no ":".
func (s *search) senders(ctx context.Context) error {
	if strings.Contains(s.text, ":") {
		return nil
	}
	now := s.Now()
	origins, labs, err := s.Answers.SendersWith(ctx, s.text, answers.DaysOf(now.AddDate(0, 0, -recentDays), now))
	s.found.Origins, s.found.Labs = cut(s, Origins, origins), cut(s, Labs, labs)
	return err
}

// issues finds issues by their IDs and texts.
func (s *search) issues(ctx context.Context) error {
	all, err := s.Answers.IssuesWith(ctx, s.text, 3*Most)
	seen := make(map[string]bool)
	all = slices.DeleteFunc(all, func(i answers.FoundIssue) bool {
		had := seen[i.ID]
		seen[i.ID] = true
		return had
	})
	s.found.Issues = cut(s, Issues, all)
	return err
}

// failures finds failures of recent revisions by the line that says why they failed, or by
// their path.
func (s *search) failures(ctx context.Context) error {
	all, err := s.Verdicts.CausesWith(ctx, s.recentKeys(), s.text, Most+1)
	for _, c := range cut(s, Failures, all) {
		s.found.Failures = append(s.found.Failures, Failure{c, s.recent[c.Revision]})
	}
	return err
}
