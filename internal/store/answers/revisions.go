// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Revision is a checkout without its long values. A missing text is "".
type Revision struct {
	CheckoutID, Origin     string
	TreeName               string // as the checkout has it
	RepositoryURL, Branch  string
	CommitHash, CommitName string
	Start                  int64 // microseconds since 1970, 0 for none
}

// revisionColumns returns the columns of a checkout "c" that scanTargets scans.
func (db *DB) revisionColumns() string {
	var texts []string
	for _, column := range []string{"tree_name", "git_repository_url", "git_repository_branch", "git_commit_hash", "git_commit_name"} {
		texts = append(texts, sqldb.Text("c."+column))
	}
	return "c.id, c.origin, " + strings.Join(texts, ", ") + ", " + db.Micros("c.start_time")
}

func (r *Revision) scanTargets() []any {
	return []any{&r.CheckoutID, &r.Origin, &r.TreeName, &r.RepositoryURL, &r.Branch, &r.CommitHash, &r.CommitName, &r.Start}
}

// newestFirst orders checkouts by their start and ID, the latest first.
func newestFirst(a, b Revision) int {
	return cmp.Or(cmp.Compare(b.Start, a.Start), strings.Compare(b.CheckoutID, a.CheckoutID))
}

// revisions returns checkouts by their IDs, the newest first.
func (db *DB) revisions(ctx context.Context, tx sqldb.Tx, ids []string) ([]Revision, error) {
	return db.newestRevisions(ctx, tx, "FROM checkouts c WHERE "+db.In("c.id", 1), db.List(ids))
}

// selectRevisions returns the checkouts "c" of the rest of a query, in its order.
func (db *DB) selectRevisions(ctx context.Context, tx sqldb.Tx, rest string, args ...any) (all []Revision, err error) {
	var r Revision
	err = forEachRow(ctx, tx, "SELECT "+db.revisionColumns()+" "+rest, args, r.scanTargets(), func() { all = append(all, r) })
	return all, err
}

// newestRevisions returns the checkouts "c" of the rest of a query, the newest first.
func (db *DB) newestRevisions(ctx context.Context, tx sqldb.Tx, rest string, args ...any) ([]Revision, error) {
	all, err := db.selectRevisions(ctx, tx, rest, args...)
	slices.SortStableFunc(all, newestFirst)
	return all, err
}

// headBy returns the ID of the newest checkout of a tree "h", of tree_heads, among those
// that started by the moment of parameter n. It is usually the head of the tree. But if
// the clock of an origin is wrong, the head may start in the future, and must not hide
// the tree.
func headBy(n int) string {
	return fmt.Sprintf(`
		CASE WHEN h.start <= $%[1]d THEN h.checkout_id ELSE (
			SELECT k.checkout_id FROM counted_checkouts k
			WHERE k.tree = h.key AND k.start <= $%[1]d
			ORDER BY k.start DESC, k.checkout_id DESC LIMIT 1
		) END`, n)
}

// TreeHeads returns the newest checkout of each tree of an origin that started between two
// moments, in microseconds since 1970. The newest come first.
func (db *DB) TreeHeads(ctx context.Context, origin string, after, until int64) (all []Revision, err error) {
	err = db.view(ctx, "read trees", func(ctx context.Context, tx sqldb.Tx) (err error) {
		all, err = db.newestRevisions(ctx, tx, `
			FROM tree_heads h JOIN checkouts c ON c.id = `+headBy(2)+`
			WHERE h.start >= $1 AND h.origin = $3`, after, until, origin)
		return err
	})
	return slices.DeleteFunc(all, func(r Revision) bool { return r.Start < after }), err
}

// TreesOf returns the newest checkout of each tree of an origin with a branch that started
// by a moment, in microseconds since 1970. The newest come first.
func (db *DB) TreesOf(ctx context.Context, origin, branch string, until int64) (all []Revision, err error) {
	err = db.view(ctx, "read trees", func(ctx context.Context, tx sqldb.Tx) (err error) {
		all, err = db.newestRevisions(ctx, tx, `
			FROM tree_heads h JOIN checkouts c ON c.id = `+headBy(3)+`
			WHERE h.branch = $1 AND h.origin = $2`, branch, origin, until)
		return err
	})
	return all, err
}

// CheckoutsOf says which checkouts to find; "" stands for any.
type CheckoutsOf struct {
	Commits               []string // hashes; nil for any
	Origin, RepositoryURL string   // any URL of the repository
	Branch                string
	After, Until          int64 // of the start, in microseconds since 1970; 0 for any time, and for none
}

// condition returns the condition on a checkout "c", and its parameters.
func (of *CheckoutsOf) condition(ctx context.Context, db *DB, tx sqldb.Tx) (string, []any, error) {
	conditions, args := []string{"true"}, []any{}
	add := func(arg any, condition func(n int) string) {
		args = append(args, arg)
		conditions = append(conditions, condition(len(args)))
	}
	column := func(name string) string {
		if of.Commits != nil {
			// As an expression it has no index: checkouts of a commit are few, and those
			// of an origin or a branch are not.
			return sqldb.Text(name)
		}
		return name
	}
	if of.Commits != nil {
		add(db.List(of.Commits), func(n int) string { return db.In("c.git_commit_hash", n) })
	}
	if of.Origin != "" {
		add(of.Origin, func(n int) string { return sqldb.Equals(column("c.origin"), n) })
	}
	if of.RepositoryURL != "" {
		urls, err := db.repositoryURLs(ctx, tx, of.RepositoryURL)
		if err != nil {
			return "", nil, err
		}
		condition, arg := db.inRepository(column("c.git_repository_url"), urls, len(args)+1)
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if of.Branch != "" {
		add(of.Branch, func(n int) string { return sqldb.Equals(column("c.git_repository_branch"), n) })
	}
	if of.After != 0 {
		add(of.After, func(n int) string { return "c.start_time >= " + db.Moment(n) })
	}
	if of.Until != 0 {
		add(of.Until, func(n int) string { return "c.start_time <= " + db.Moment(n) })
	}
	return strings.Join(conditions, " AND "), args, nil
}

// Checkouts returns checkouts, the newest first. It has no limit: ask for checkouts of
// commits, which are few.
func (db *DB) Checkouts(ctx context.Context, of CheckoutsOf) (all []Revision, err error) {
	err = db.view(ctx, "read checkouts", func(ctx context.Context, tx sqldb.Tx) error {
		condition, args, err := of.condition(ctx, db, tx)
		if err != nil {
			return err
		}
		all, err = db.newestRevisions(ctx, tx, "FROM checkouts c WHERE "+condition, args...)
		return err
	})
	return all, err
}

// Branch returns the newest checkouts of a branch that have a start, limit at most. The
// newest come first.
func (db *DB) Branch(ctx context.Context, of CheckoutsOf, limit int) (all []Revision, err error) {
	err = db.view(ctx, "read a branch", func(ctx context.Context, tx sqldb.Tx) error {
		condition, args, err := of.condition(ctx, db, tx)
		if err != nil {
			return err
		}
		all, err = db.selectRevisions(ctx, tx, `
			FROM checkouts c
			WHERE c.start_time IS NOT NULL AND `+condition+`
			ORDER BY c.start_time DESC, c.id DESC LIMIT `+fmt.Sprint(limit), args...)
		return err
	})
	return all, err
}
