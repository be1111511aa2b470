// SPDX-License-Identifier: Apache-2.0

// Package verdicts keeps the verdicts of package verdict for all revisions of all branches,
// so that pages, mails and the API read a few rows in place of comparing thousands of
// results.
//
// # Words
//
// A revision is a commit with a set of patches, or without patches, and the results in all
// checkouts of it. It stands on each branch that one of its checkouts names. Its results
// are the same on each, and its verdicts may differ, because the earlier revisions differ.
// So a row of the table revisions is a revision on a branch.
//
// A branch is a tree and the name of a branch in it. The tree is the name that people use,
// or else the key of the repository, so that all mirrors of a tree are one tree.
//
// # Who writes
//
// A load marks the checkouts that it changes (package rollup). The Judge takes the marks,
// finds the revisions, and judges each in a transaction of its own. All rows are derived
// from the objects, and do not depend on the order in which the objects arrived.
package verdicts

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// DB answers questions about verdicts. All methods may be called concurrently.
type DB struct{ *sqldb.DB }

// New returns the verdicts of a database.
func New(db *sqldb.DB) *DB { return &DB{db} }

// Of returns the verdicts of a store, or of the store it wraps; nil if it has no SQL
// database.
func Of(s store.Sink) *DB {
	if db := sqldb.Of(s); db != nil {
		return New(db)
	}
	return nil
}

// Revision is a revision on a branch. A missing text is "".
type Revision struct {
	Key, BranchKey           int64
	Tree, Branch             string
	RepositoryURL            string
	CommitHash, PatchsetHash string // PatchsetHash is "" without patches
	CommitName               string
	Start                    time.Time // the first start of its checkouts, or else when they arrived
	Changed                  time.Time // when its rows changed last, for ETags
	Judged                   time.Time // zero: not judged yet
	Counts                   map[rollup.Kind]verdict.Counts
	Causes                   verdict.Counts // numbers of causes
	Shared                   bool           // it stands on other branches as well
}

// Name returns the name of the commit, or else Short.
func (r *Revision) Name() string {
	if r.CommitName != "" {
		return r.CommitName
	}
	return r.Short()
}

// Short returns the first 12 digits of the commit's hash.
func (r *Revision) Short() string { return r.CommitHash[:min(12, len(r.CommitHash))] }

// Total returns the numbers of results, all kinds of objects together.
func (r *Revision) Total() verdict.Counts {
	all := make(verdict.Counts)
	for _, counts := range r.Counts {
		all.Add(counts)
	}
	return all
}

// Verdict returns the verdict on the revision, "" if it has no results.
func (r *Revision) Verdict() verdict.Kind { return r.Total().Overall() }

// Branch is a branch of a tree.
type Branch struct {
	Key           int64
	Tree, Name    string
	RepositoryURL string
	// Recent are its newest revisions, newest first, at most 12: the head is Recent[0].
	// Revisions with patches are left out, unless the branch has no others.
	Recent []Revision
}

// Checkout is a checkout of a revision: an origin's report of it. A missing text is "".
type Checkout struct {
	ID, Origin                      string
	TreeName, RepositoryURL, Branch string    // as the checkout has them
	Start                           time.Time // zero if unknown
	Arrived                         time.Time
	Counts                          map[rollup.Kind]map[report.Status]int64
}

// Group is a group of results of a kind of objects. The group of a test is the first
// component of its path, or the first two. The group of a build is its architecture, or
// ARCHITECTURE.CONFIGURATION.
type Group struct {
	Kind rollup.Kind // Builds, Boots or Tests
	Name string
}

// Since is the revision since which a variant fails.
type Since struct {
	Revision int64 // its key
	Name     string
	Start    time.Time
	// Open is true if the variant fails also at the oldest revision that was looked at with
	// a conclusive result, so that it may fail for longer.
	Open bool
}

// Cause is a number of results of a revision that have the same verdict for the same
// reason: the same fault of the kernel, the same fault line in the same test or in builds,
// the same issue, or the same trouble of a lab.
type Cause struct {
	Key      int64 // the same at all revisions where the cause has the verdict
	Revision int64
	Verdict  verdict.Kind
	Kind     rollup.Kind // of its first result
	Title    string      // of a fault of the kernel, as verdict.Fault; else ""
	Fault    string      // the fault line; "" if no result says why it failed
	Path     string      // of its first result, "" for a build
	Results  int64       // of a Flaky cause those that fail
	Variants int64
	Since    Since  // of the result that fails for the longest time; zero if it is not New or Still
	IssueID  string // of a Known cause
	Version  int    // of the issue
	Example  string // the ID of a build or test

	Platform, Architecture, Config, Compiler string // of the example
}

// Result is a build or test that is not simply OK or skipped. A missing text is "".
type Result struct {
	ID                             string // of the build or test
	Revision                       int64
	Kind                           rollup.Kind // Builds, Boots or Tests
	Path                           string      // "" for a build
	Platform                       string
	Architecture, Config, Compiler string
	Lab, Origin                    string
	Status                         report.Status
	Verdict                        verdict.Kind
	Cause                          int64
	Title, Fault                   string // as verdict.Fault
	Since                          Since  // zero unless New or Still
	IssueID                        string // an issue that was seen in it
	Version                        int    // of the issue
}

// Judgement is a result with its revision.
type Judgement struct {
	Result
	Of Revision
}

// ResultsOf says which results to find. The parts are joined by "and", the values of a list
// by "or". An empty list or text is any. A value that begins with "-" is a value to leave
// out. The issue "none" stands for results without an issue.
type ResultsOf struct {
	Revision int64
	Verdicts []verdict.Kind
	Kinds    []rollup.Kind
	Path     []string // first components of a path; "*" is any text within a component
	Selection
	Issue, Status []string
	Cause         int64  // 0 for any
	After         string // Cursor of the last result before; "" to begin
	N             int    // at most so many; 0 is 50
}
