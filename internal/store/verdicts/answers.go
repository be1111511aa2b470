// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Cursor returns the place of a result for ResultsOf.After.
func (r *Result) Cursor() string { return "" }

// Branches returns the branches whose head started at after or later, the newest head
// first. Revisions that started later than until are left out, unless until is zero.
// Branches without a tree are left out.
func (db *DB) Branches(ctx context.Context, after, until time.Time) ([]Branch, error) {
	return nil, errUnimplemented
}

// BranchesOf returns the branches of a tree, the newest head first.
func (db *DB) BranchesOf(ctx context.Context, tree string) ([]Branch, error) {
	return nil, errUnimplemented
}

// BranchNamed returns a branch; nil if it does not exist.
func (db *DB) BranchNamed(ctx context.Context, tree, name string) (*Branch, error) {
	return nil, errUnimplemented
}

// Revisions returns revisions of a branch, newest first, at most n, those older than before
// unless before is nil. Revisions with patches are left out, unless the branch has no
// others.
func (db *DB) Revisions(ctx context.Context, branch int64, before *Revision, n int) ([]Revision, error) {
	return nil, errUnimplemented
}

// RevisionsByKey returns revisions by their keys.
func (db *DB) RevisionsByKey(ctx context.Context, keys []int64) (map[int64]Revision, error) {
	return nil, errUnimplemented
}

// Find returns the revisions, on all branches, whose commit has the exact name, or a hash
// with this beginning of 7 digits or more. The newest come first, at most 100. patchset is
// the beginning of the hash of the patches, "" for revisions without patches.
func (db *DB) Find(ctx context.Context, commit, patchset string) ([]Revision, error) {
	return nil, errUnimplemented
}

// Neighbours returns the revisions without patches before and after a revision on its
// branch; nil for none.
func (db *DB) Neighbours(ctx context.Context, r *Revision) (earlier, later *Revision, err error) {
	return nil, nil, errUnimplemented
}

// Checkouts returns the checkouts of a revision, whatever branch they name, by origin and
// ID.
func (db *DB) Checkouts(ctx context.Context, r *Revision) ([]Checkout, error) {
	return nil, errUnimplemented
}

// Groups returns the numbers of results of each revision by group: the groups of the first
// level if prefix is "", else the groups of the second level in the group with this name.
func (db *DB) Groups(ctx context.Context, revisions []int64, prefix string) (map[int64]map[Group]verdict.Counts, error) {
	return nil, errUnimplemented
}

// Causes returns causes of revisions that have one of the verdicts, worst first, and those
// with most variants first; at most n of each verdict of a revision. No verdicts are all.
func (db *DB) Causes(ctx context.Context, revisions []int64, kinds []verdict.Kind, n int) ([]Cause, error) {
	return nil, errUnimplemented
}

// Results returns results, worst first, by path within a verdict.
func (db *DB) Results(ctx context.Context, of ResultsOf) ([]Result, error) {
	return nil, errUnimplemented
}

// PerCause returns the first n results of each cause of a revision.
func (db *DB) PerCause(ctx context.Context, revision int64, causes []int64, n int) (map[int64][]Result, error) {
	return nil, errUnimplemented
}

// OfObjects returns the verdicts of builds (kind Builds) or tests (any other kind) by their
// IDs, one for each branch. A result that is simply OK or skipped has none.
func (db *DB) OfObjects(ctx context.Context, kind rollup.Kind, ids []string) (map[string][]Judgement, error) {
	return nil, errUnimplemented
}

// OnPlatform returns results of a platform in revisions that started at after or later, the
// newest revision first, at most n.
func (db *DB) OnPlatform(ctx context.Context, platform string, after time.Time, n int) ([]Judgement, error) {
	return nil, errUnimplemented
}

// Failing returns the results of a test's path at a revision that fail, on all platforms,
// worst first, at most n.
func (db *DB) Failing(ctx context.Context, revision int64, path string, n int) ([]Result, error) {
	return nil, errUnimplemented
}
