// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/report"
)

// inOneGoroutine leaves a test out of short runs, which the race detector watches.
func inOneGoroutine(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
}

// storyTimes are times at which the stories are told in the tests: a weekend, the hours in
// which linux-next comes, the merge window, the days around a release, and a leap day.
var storyTimes = []time.Time{
	time.Date(2026, 11, 29, 7, 49, 1, 0, time.UTC), // Sunday
	time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC),
	time.Date(2026, 12, 4, 14, 30, 0, 0, time.UTC), // Friday
	time.Date(2026, 12, 13, 20, 0, 0, 0, time.UTC),
	time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC),
	time.Date(2027, 1, 1, 0, 10, 0, 0, time.UTC),
	time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC),
}

// eachStoryTime runs a test at each of the times.
func eachStoryTime(t *testing.T, run func(t *testing.T, b *book)) {
	for _, now := range storyTimes {
		t.Run(now.Format("2006-01-02T15"), func(t *testing.T) {
			t.Parallel()
			run(t, books[now]())
		})
	}
}

// books has the book of each time, made when it is needed.
var books = func() map[time.Time]func() *book {
	m := map[time.Time]func() *book{}
	for _, now := range storyTimes {
		m[now] = sync.OnceValue(func() *book { return newBook(now) })
	}
	return m
}()

// book has the objects of the stories, the newest version of each.
type book struct {
	now       time.Time
	checkouts map[string]*report.Checkout
	builds    map[string]*report.Build
	tests     map[string]*report.Test
	issues    map[string][]report.Issue // their versions
	incidents []report.Incident
	revisions map[string][]*bookRevision // by "TREE/BRANCH", newest first
}

// bookRevision is a revision without patches.
type bookRevision struct {
	hash, name string
	start      time.Time
	checkouts  []*report.Checkout
	tests      []*report.Test
	builds     []*report.Build
}

func newBook(now time.Time) *book {
	b := &book{
		now: now, checkouts: map[string]*report.Checkout{}, builds: map[string]*report.Build{}, tests: map[string]*report.Test{},
		issues: map[string][]report.Issue{}, revisions: map[string][]*bookRevision{},
	}
	for r := range sample.Stories(now) {
		for i := range r.Checkouts {
			b.checkouts[r.Checkouts[i].ID] = &r.Checkouts[i]
		}
		for i := range r.Builds {
			b.builds[r.Builds[i].ID] = &r.Builds[i]
		}
		for i := range r.Tests {
			b.tests[r.Tests[i].ID] = &r.Tests[i]
		}
		for _, i := range r.Issues {
			b.issues[i.ID] = append(b.issues[i.ID], i)
		}
		b.incidents = append(b.incidents, r.Incidents...)
	}
	byHash := map[string]*bookRevision{}
	for _, c := range b.checkouts {
		if *c.PatchsetHash != "" {
			continue
		}
		rev := byHash[*c.GitCommitHash]
		if rev == nil {
			rev = &bookRevision{hash: *c.GitCommitHash, name: *c.GitCommitName}
			byHash[rev.hash] = rev
		}
		rev.checkouts = append(rev.checkouts, c)
		if c.Origin == "maestro" {
			rev.start = *c.StartTime
			branch := *c.TreeName + "/" + *c.GitRepositoryBranch
			b.revisions[branch] = append(b.revisions[branch], rev)
		}
	}
	for _, build := range b.builds {
		if c := b.checkouts[build.CheckoutID]; *c.PatchsetHash == "" {
			byHash[*c.GitCommitHash].builds = append(byHash[*c.GitCommitHash].builds, build)
		}
	}
	for _, test := range b.tests {
		if c := b.checkouts[b.builds[test.BuildID].CheckoutID]; *c.PatchsetHash == "" {
			byHash[*c.GitCommitHash].tests = append(byHash[*c.GitCommitHash].tests, test)
		}
	}
	for _, revisions := range b.revisions {
		slices.SortFunc(revisions, func(a, b *bookRevision) int { return b.start.Compare(a.start) })
	}
	return b
}

// branch returns the name of a branch, "TREE/BRANCH". The names of stable branches, "stable"
// and "lts", and of "android" depend on the time.
func (b *book) branch(name string) string {
	all := slices.Sorted(maps.Keys(b.revisions))
	android := all[slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, "android/") })]
	_, version, _ := strings.Cut(android, "-")
	lts := "stable-rc/linux-" + version + ".y"
	switch name {
	case "android":
		return android
	case "lts":
		return lts
	case "stable":
		return all[slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, "stable-rc/") && s != lts })]
	}
	return name
}

// history returns the outcomes of a variant at the revisions of a branch, newest
// first: P passed, F failed, B both, L lab trouble, "-" no result.
func (b *book) history(branch, path, platformName, build string) string {
	line := ""
	for _, rev := range b.revisions[branch] {
		var passed, failed, lost bool
		count := func(s report.Status, lab bool) {
			passed = passed || s == report.StatusPass || s == report.StatusDone
			failed = failed || s == report.StatusFail
			lost = lost || lab
		}
		for _, o := range rev.builds {
			if path == "" && variant(o) == build {
				count(*o.Status, false)
			}
		}
		for _, o := range rev.tests {
			if *o.Path == path && platform(o) == platformName && (build == "" || variant(b.builds[o.BuildID]) == build) {
				count(*o.Status, *o.Status == report.StatusMiss || *o.Status == report.StatusError)
			}
		}
		switch {
		case passed && failed:
			line += "B"
		case failed:
			line += "F"
		case passed:
			line += "P"
		case lost:
			line += "L"
		default:
			line += "-"
		}
	}
	return line
}

// variant returns a build's architecture, configuration and compiler.
func variant(b *report.Build) string {
	return *b.Architecture + " " + *b.ConfigName + " " + *b.Compiler
}

// misc returns a text in a free object.
func misc(object json.RawMessage, name string) string {
	var members map[string]any
	if object != nil {
		if err := json.Unmarshal(object, &members); err != nil {
			panic(err)
		}
	}
	s, _ := members[name].(string)
	return s
}

// seen returns the incidents of an issue that are present, or those that are not.
func (b *book) seen(issue string, present bool) []report.Incident {
	return slices.DeleteFunc(slices.Clone(b.incidents), func(i report.Incident) bool { return i.IssueID != issue || *i.Present != present })
}
