// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Newest returns the n branches with a tree whose heads started last, at a moment or later.
func (db *DB) Newest(ctx context.Context, after time.Time, n int) ([]Branch, error) {
	return db.branches(ctx, time.Time{}, `b.key IN (
		SELECT key FROM branches WHERE tree <> '' AND head >= $3 ORDER BY head DESC, key DESC LIMIT $4)`, sqldb.Micros(after), n)
}

// BranchesWith returns the branches whose tree, name or repository contains a text, whatever
// the case of its letters: at most n, the newest heads first.
func (db *DB) BranchesWith(ctx context.Context, text string, n int) ([]Branch, error) {
	return db.branches(ctx, time.Time{}, `b.key IN (
		SELECT key FROM branches
		WHERE tree <> '' AND (lower(tree || ' ' || name) LIKE $3 ESCAPE '!' OR lower(url) LIKE $3 ESCAPE '!')
		ORDER BY head DESC, key DESC LIMIT $4)`, sqldb.Containing(strings.ToLower(text)), n)
}

// RevisionsNamed returns the revisions, on all branches, whose commit has a name that begins
// with a text, in the order of the names. It returns at most n.
func (db *DB) RevisionsNamed(ctx context.Context, begin string, n int) ([]Revision, error) {
	return db.revisions(ctx, "WHERE v.commit_name <> '' AND v.commit_name >= $1 AND v.commit_name < $2 ORDER BY v.commit_name, v.key LIMIT $3",
		begin, begin+"\U0010ffff", n)
}

// inOrder returns revisions by their keys, in the order of the keys.
func (db *DB) inOrder(ctx context.Context, keys []int64) (all []Revision, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	found, err := db.RevisionsByKey(ctx, keys)
	for _, key := range keys {
		if r, ok := found[key]; ok {
			all = append(all, r)
		}
	}
	return all, err
}

// CausesWith returns the causes of revisions whose title, fault line or path contains a
// text, whatever the case of its letters. It returns at most n, the worst verdicts first.
func (db *DB) CausesWith(ctx context.Context, revisions []int64, text string, n int) (all []Cause, err error) {
	query := `
		SELECT key, revision, verdict, kind, title, fault, path, results, example
		FROM causes
		WHERE ` + db.In("revision", 1) + ` AND (lower(title) LIKE $2 ESCAPE '!' OR lower(fault) LIKE $2 ESCAPE '!' OR lower(path) LIKE $2 ESCAPE '!')
		ORDER BY verdict, results DESC, revision, key LIMIT $3`
	var c Cause
	var rank int
	into := []any{&c.Key, &c.Revision, &rank, (*string)(&c.Kind), &c.Title, &c.Fault, &c.Path, &c.Results, &c.Example}
	args := []any{db.Numbers(revisions), sqldb.Containing(strings.ToLower(text)), n}
	err = db.read(ctx, "search causes", query, args, into, func() {
		c.Verdict = verdict.Kinds[rank]
		all = append(all, c)
	})
	return all, err
}

// GroupsWith returns the names of groups of tests of revisions that contain a text, whatever
// the case of its letters, and the first of these revisions of each. It returns at most n, in
// the order of their names.
func (db *DB) GroupsWith(ctx context.Context, revisions []int64, text string, n int) (all []NamedGroup, err error) {
	query := `
		SELECT name, min(revision)
		FROM verdict_counts
		WHERE ` + db.In("revision", 1) + ` AND kind = 'test' AND lower(name) LIKE $2 ESCAPE '!'
		GROUP BY name
		ORDER BY name LIMIT $3`
	var g NamedGroup
	args := []any{db.Numbers(revisions), sqldb.Containing(strings.ToLower(text)), n}
	err = db.read(ctx, "search groups of tests", query, args, []any{&g.Name, &g.Revision}, func() { all = append(all, g) })
	return all, err
}

// NamedGroup is a group of tests at a revision.
type NamedGroup struct {
	Name     string
	Revision int64 // its key
}

// Distinct returns the first of the revisions with the same commit and patches, because a
// commit may stand on several branches.
func Distinct(all []Revision) (some []Revision) {
	type name struct{ commit, patches string }
	seen := make(map[name]bool)
	for _, r := range all {
		if n := (name{r.CommitHash, r.PatchsetHash}); !seen[n] {
			seen[n] = true
			some = append(some, r)
		}
	}
	return some
}

// OfCheckouts returns the revisions of checkouts, on all their branches, the newest first.
func (db *DB) OfCheckouts(ctx context.Context, checkouts []string) ([]Revision, error) {
	query := `
		SELECT DISTINCT r.key, r.start
		FROM revision_checkouts c JOIN revisions o ON o.key = c.revision
			JOIN revisions r ON r.commit_hash = o.commit_hash AND r.patchset_hash = o.patchset_hash
		WHERE ` + db.In("c.checkout_id", 1) + `
		ORDER BY r.start DESC, r.key`
	var keys []int64
	var key, start int64
	err := db.read(ctx, "read the revisions of checkouts", query, []any{db.List(checkouts)}, []any{&key, &start}, func() { keys = append(keys, key) })
	if err != nil {
		return nil, err
	}
	return db.inOrder(ctx, keys)
}
