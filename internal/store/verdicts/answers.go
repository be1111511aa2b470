// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// recent is the number of revisions in Branch.Recent.
const recent = 12

// maxFound limits the revisions that Find returns.
const maxFound = 100

// read calls f for each row of a query, after scanning the row into the pointers.
func (db *DB) read(ctx context.Context, operation, query string, args, into []any, f func()) error {
	return db.Failure(ctx, operation, db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		return sqldb.Read(ctx, tx, query, args, into, func() error { f(); return nil })
	}))
}

// revisionColumns are the columns of a revision "v" on a branch "b" that a revisionScan
// takes.
const revisionColumns = `v.key, v.branch, b.tree, b.name, v.url, v.commit_hash, v.patchset_hash, v.commit_name,
	v.start, v.changed, v.judged, v.counts, v.causes, EXISTS (
		SELECT 1 FROM revisions o WHERE o.commit_hash = v.commit_hash AND o.patchset_hash = v.patchset_hash AND o.branch <> v.branch
	)`

const revisionsFrom = " FROM revisions v JOIN branches b ON b.key = v.branch "

// revisionScan takes the columns of a revision.
type revisionScan struct {
	Revision
	start, changed, judged int64
	counts, causes         string
}

func (s *revisionScan) targets() []any {
	return []any{
		&s.Key, &s.BranchKey, &s.Tree, &s.Branch, &s.RepositoryURL, &s.CommitHash, &s.PatchsetHash, &s.CommitName,
		&s.start, &s.changed, &s.judged, &s.counts, &s.causes, &s.Shared,
	}
}

// revision returns the revision that was scanned.
func (s *revisionScan) revision() Revision {
	r := s.Revision
	r.Start, r.Changed, r.Judged = sqldb.Time(s.start), sqldb.Time(s.changed), sqldb.Time(s.judged)
	r.Counts, r.Causes = unpackCounts(s.counts), unpackCauses(s.causes)
	return r
}

// revisions returns the revisions "v" of the rest of a query, in its order.
func (db *DB) revisions(ctx context.Context, rest string, args ...any) (all []Revision, err error) {
	var s revisionScan
	err = db.read(ctx, "read revisions", "SELECT "+revisionColumns+revisionsFrom+rest, args, s.targets(),
		func() { all = append(all, s.revision()) })
	return all, err
}

// Branches returns the branches whose head started at after or later, the newest head
// first. Revisions that started later than until are left out, unless until is zero.
// Branches without a tree are left out.
func (db *DB) Branches(ctx context.Context, after, until time.Time) ([]Branch, error) {
	all, err := db.branches(ctx, until, "b.tree <> '' AND b.head >= $3", sqldb.Micros(after))
	return slices.DeleteFunc(all, func(b Branch) bool { return b.Recent[0].Start.Before(after) }), err
}

// BranchesOf returns the branches of a tree, the newest head first.
func (db *DB) BranchesOf(ctx context.Context, tree string) ([]Branch, error) {
	return db.branches(ctx, time.Time{}, "b.tree = $3", tree)
}

// BranchNamed returns a branch; nil if it does not exist.
func (db *DB) BranchNamed(ctx context.Context, tree, name string) (*Branch, error) {
	all, err := db.branches(ctx, time.Time{}, "b.tree = $3 AND b.name = $4", tree, name)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// branches returns the branches "b" that meet a condition, whose parameters begin with 3.
// For each branch the index leads to its recent revisions, so older ones cost nothing.
func (db *DB) branches(ctx context.Context, until time.Time, condition string, args ...any) ([]Branch, error) {
	limit := int64(math.MaxInt64)
	if !until.IsZero() {
		limit = until.UnixMicro()
	}
	rest := fmt.Sprintf(`
		AND v.patched = b.patched AND v.start <= $1 AND v.start >= coalesce((
			SELECT x.start FROM revisions x
			WHERE x.branch = b.key AND x.patched = b.patched AND x.start <= $1
			ORDER BY x.start DESC, x.key DESC LIMIT 1 OFFSET $2
		), 0)
		WHERE %s
		ORDER BY v.branch, v.start DESC, v.key DESC`, condition)
	revisions, err := db.revisions(ctx, rest, append([]any{limit, recent - 1}, args...)...)
	var all []Branch
	for _, r := range revisions {
		if n := len(all); n == 0 || all[n-1].Key != r.BranchKey {
			all = append(all, Branch{Key: r.BranchKey, Tree: r.Tree, Name: r.Branch, RepositoryURL: r.RepositoryURL})
		}
		b := &all[len(all)-1]
		if len(b.Recent) < recent {
			b.Recent = append(b.Recent, r)
		}
	}
	slices.SortStableFunc(all, func(a, b Branch) int { return b.Recent[0].Start.Compare(a.Recent[0].Start) })
	return all, err
}

// Revisions returns revisions of a branch, newest first, at most n, those older than before
// unless before is nil. Revisions with patches are left out, unless the branch has no
// others.
func (db *DB) Revisions(ctx context.Context, branch int64, before *Revision, n int) ([]Revision, error) {
	rest, args := "AND v.patched = b.patched WHERE v.branch = $1", []any{branch, n}
	if before != nil {
		rest += " AND (v.start, v.key) < ($3, $4)"
		args = append(args, before.Start.UnixMicro(), before.Key)
	}
	return db.revisions(ctx, rest+" ORDER BY v.start DESC, v.key DESC LIMIT $2", args...)
}

// RevisionsByKey returns revisions by their keys.
func (db *DB) RevisionsByKey(ctx context.Context, keys []int64) (map[int64]Revision, error) {
	found, err := db.revisions(ctx, "WHERE "+db.In("v.key", 1), db.Numbers(keys))
	all := make(map[int64]Revision, len(found))
	for _, r := range found {
		all[r.Key] = r
	}
	return all, err
}

// Own returns the keys of the revisions that checkouts belong to on the branches that they
// name, by the IDs of the checkouts. It leaves out checkouts that the judge did not see yet.
func (db *DB) Own(ctx context.Context, checkouts []string) (map[string]int64, error) {
	all := make(map[string]int64, len(checkouts))
	var id string
	var key int64
	query := "SELECT checkout_id, revision FROM revision_checkouts WHERE " + db.In("checkout_id", 1)
	err := db.read(ctx, "read revisions of checkouts", query, []any{db.List(checkouts)}, []any{&id, &key}, func() { all[id] = key })
	return all, err
}

// Find returns the revisions, on all branches, whose commit has the exact name, or a hash
// with this beginning of 7 digits or more. The newest come first, at most 100. patchset is
// the beginning of the hash of the patches, "" for revisions without patches.
func (db *DB) Find(ctx context.Context, commit, patchset string) ([]Revision, error) {
	if commit == "" {
		return nil, nil
	}
	rest, args := "WHERE v.commit_name <> '' AND v.commit_name = $1", []any{commit, maxFound}
	if isHash(commit) {
		rest = "WHERE v.commit_hash >= $1 AND v.commit_hash < $3"
		args = append(args, behind(commit))
	}
	if patchset == "" {
		rest += " AND v.patched = 0"
	} else {
		rest += fmt.Sprintf(" AND v.patched = 1 AND v.patchset_hash >= $%d AND v.patchset_hash < $%d", len(args)+1, len(args)+2)
		args = append(args, patchset, behind(patchset))
	}
	return db.revisions(ctx, rest+" ORDER BY v.start DESC, v.key DESC LIMIT $2", args...)
}

// behind returns a text that is greater than all texts with a prefix of digits and letters.
func behind(prefix string) string { return prefix + "~" }

// isHash reports whether a text may be the beginning of a hash.
func isHash(text string) bool {
	return len(text) >= 7 && strings.Trim(text, "0123456789abcdef") == ""
}

// Neighbours returns the revisions without patches before and after a revision on its
// branch; nil for none.
func (db *DB) Neighbours(ctx context.Context, r *Revision) (earlier, later *Revision, err error) {
	next := func(comparison, order string) string {
		return fmt.Sprintf(`v.key = (
			SELECT n.key FROM revisions n
			WHERE n.branch = $1 AND n.patched = 0 AND (n.start, n.key) %[1]s ($2, $3)
			ORDER BY n.start %[2]s, n.key %[2]s LIMIT 1
		)`, comparison, order)
	}
	start := r.Start.UnixMicro()
	all, err := db.revisions(ctx, "WHERE "+next("<", "DESC")+" OR "+next(">", "ASC"), r.BranchKey, start, r.Key)
	for i := range all {
		if n := &all[i]; n.Start.UnixMicro() < start || n.Start.UnixMicro() == start && n.Key < r.Key {
			earlier = n
		} else {
			later = n
		}
	}
	return earlier, later, err
}

// Checkouts returns the checkouts of a revision, whatever branch they name, by origin and
// ID.
func (db *DB) Checkouts(ctx context.Context, r *Revision) (all []Checkout, err error) {
	query := `
		SELECT c.id, c.origin, ` + sqldb.Text("c.tree_name") + `, ` + sqldb.Text("c.git_repository_url") + `, ` + sqldb.Text("c.git_repository_branch") + `,
			` + db.Micros("c.start_time") + `, ` + db.Micros("c._timestamp") + `, coalesce(n.kind, ''), coalesce(n.status, ''), coalesce(n.n, 0)
		FROM checkouts c LEFT JOIN checkout_counts n ON n.checkout_id = c.id
		WHERE c.git_commit_hash = $1 AND ` + db.Patchset("c") + ` = $2
		ORDER BY c.origin, c.id`
	var c Checkout
	var start, arrived, n int64
	var kind, status string
	into := []any{&c.ID, &c.Origin, &c.TreeName, &c.RepositoryURL, &c.Branch, &start, &arrived, &kind, &status, &n}
	err = db.read(ctx, "read checkouts of a revision", query, []any{r.CommitHash, r.PatchsetHash}, into, func() {
		if len(all) == 0 || all[len(all)-1].ID != c.ID {
			next := c
			next.Start, next.Arrived = sqldb.Time(start), sqldb.Time(arrived)
			next.Counts = make(map[rollup.Kind]map[report.Status]int64)
			all = append(all, next)
		}
		counts := all[len(all)-1].Counts
		if n == 0 {
			return
		}
		if counts[rollup.Kind(kind)] == nil {
			counts[rollup.Kind(kind)] = make(map[report.Status]int64)
		}
		counts[rollup.Kind(kind)][report.Status(status)] = n
	})
	return all, err
}

// Groups returns the numbers of results of each revision by group: the groups of the first
// level if prefix is "", else the groups of the second level in the group with this name.
func (db *DB) Groups(ctx context.Context, revisions []int64, prefix string) (map[int64]map[Group]verdict.Counts, error) {
	c := conditions{db: db}
	c.add(db.In("revision", 1), db.Numbers(revisions))
	c.level(prefix)
	all := make(map[int64]map[Group]verdict.Counts)
	var revision, k, n int64
	var g Group
	query := "SELECT revision, kind, name, verdict, n FROM verdict_counts WHERE " + c.take()
	err := db.read(ctx, "read groups of results", query, c.args, []any{&revision, (*string)(&g.Kind), &g.Name, &k, &n}, func() {
		addAt(all, revision, g, verdict.Kinds[k], n)
	})
	return all, err
}

// sinceColumns are the columns of a Since, of a row "v" that has its revision "s".
const sinceColumns = `v.since, v.since_open, coalesce(s.commit_name, ''), coalesce(s.commit_hash, ''), coalesce(s.start, 0)`

// sinceScan takes the columns of a Since.
type sinceScan struct {
	revision, open, start int64
	name, hash            string
}

func (s *sinceScan) targets() []any { return []any{&s.revision, &s.open, &s.name, &s.hash, &s.start} }

func (s *sinceScan) since() Since {
	if s.revision == 0 {
		return Since{}
	}
	named := Revision{CommitName: s.name, CommitHash: s.hash}
	return Since{s.revision, named.Name(), sqldb.Time(s.start), s.open != 0}
}

// Causes returns causes of revisions that have one of the verdicts, worst first, and those
// with most variants first; at most n of each verdict of a revision. An empty list has all verdicts.
func (db *DB) Causes(ctx context.Context, revisions []int64, kinds []verdict.Kind, n int) (all []Cause, err error) {
	query := `
		SELECT v.key, v.revision, v.verdict, v.kind, v.title, v.fault, v.path, v.platform, v.architecture, v.config_name, v.compiler, v.results, v.variants, v.issue_id, v.issue_version, v.example,
			` + sinceColumns + `
		FROM (
			SELECT c.*, row_number() OVER (PARTITION BY revision, verdict ORDER BY variants DESC, key) AS place
			FROM causes c
			WHERE ` + db.In("revision", 1) + ` AND ` + db.In("verdict", 2) + `
		) v LEFT JOIN revisions s ON s.key = v.since
		WHERE v.place <= $3
		ORDER BY v.verdict, v.variants DESC, v.key, v.revision`
	var c Cause
	var k, version int64
	var s sinceScan
	into := append([]any{
		&c.Key, &c.Revision, &k, (*string)(&c.Kind), &c.Title, &c.Fault, &c.Path,
		&c.Platform, &c.Architecture, &c.Config, &c.Compiler, &c.Results, &c.Variants, &c.IssueID, &version, &c.Example,
	}, s.targets()...)
	args := []any{db.Numbers(revisions), db.Numbers(ranks(kinds)), n}
	err = db.read(ctx, "read causes", query, args, into, func() {
		c.Verdict, c.Version, c.Since = verdict.Kinds[k], int(version), s.since()
		all = append(all, c)
	})
	return all, err
}

// ranks returns the ranks of verdicts, of all for an empty list.
func ranks(kinds []verdict.Kind) []int64 {
	if len(kinds) == 0 {
		kinds = verdict.Kinds
	}
	var all []int64
	for _, k := range kinds {
		all = append(all, int64(k.Rank()))
	}
	return all
}
