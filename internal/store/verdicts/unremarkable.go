// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Unremarkable are results that simply pass or were skipped: Results does not have them.
type Unremarkable struct {
	Results []Result // by build and path; a result that is not judged yet has no verdict
	// Next is the cursor of the results that follow, "" if none do. A page may have fewer
	// results than asked for, and even none, although more follow.
	Next string
}

// Limits of the tests that a page of unremarkable results reads.
const (
	enoughTests = 500   // after the build with so many, the page reads no more builds
	mostTests   = 2_000 // the most that it reads
)

// spot is a place in the list of unremarkable results. That of a build has no test.
type spot struct{ build, path, test string }

func (p spot) compare(other spot) int {
	return cmp.Or(strings.Compare(p.build, other.build), strings.Compare(p.path, other.path), strings.Compare(p.test, other.test))
}

// unremarkableCursor begins the cursors of unremarkable results, which differ from those of
// Result.Cursor by it.
const unremarkableCursor = "rest."

// FirstUnremarkable is the cursor of the first unremarkable results.
const FirstUnremarkable = unremarkableCursor + "AAA"

// IsUnremarkable reports whether a cursor is one of unremarkable results.
func IsUnremarkable(cursor string) bool { return strings.HasPrefix(cursor, unremarkableCursor) }

func (p spot) cursor() string {
	return unremarkableCursor + base64.RawURLEncoding.EncodeToString([]byte(p.build+"\x00"+p.path+"\x00"+p.test))
}

func parseSpot(cursor string) (p spot, err error) {
	if cursor == "" {
		return p, nil
	}
	code, ok := strings.CutPrefix(cursor, unremarkableCursor)
	text, err := base64.RawURLEncoding.DecodeString(code)
	parts := strings.Split(string(text), "\x00")
	if !ok || err != nil || len(parts) != 3 {
		return p, ErrCursor
	}
	return spot{parts[0], parts[1], parts[2]}, nil
}

// Unremarkable returns results of a revision that have no row in Results. It reads tests of
// a few builds at a time, so its cost does not grow with the revision.
func (db *DB) Unremarkable(ctx context.Context, at *Revision, of ResultsOf) (*Unremarkable, error) {
	after, err := parseSpot(of.After)
	if err != nil {
		return nil, err
	}
	if of.N <= 0 {
		of.N = defaultResults
	}
	u := unremarkable{at: at, of: of, after: after, hasRow: make(map[string]bool)}
	err = db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		u.reader = reader{Tx: tx, Dialect: db.Dialect}
		return u.read(ctx, db)
	})
	return &u.found, db.Failure(ctx, "read unremarkable results", err)
}

// unremarkable is the work of a page of unremarkable results.
type unremarkable struct {
	reader
	at    *Revision
	of    ResultsOf
	after spot
	found Unremarkable

	hasRow map[string]bool // builds that have a row in Results
}

func (u *unremarkable) read(ctx context.Context, db *DB) error {
	builds, more, err := u.candidates(ctx, db)
	if err != nil || len(builds) == 0 {
		return err
	}
	end := spot{build: builds[len(builds)-1].id, path: "\U0010ffff"}
	tests, err := u.readTests(ctx, db, builds)
	if err != nil {
		return err
	}
	if len(tests) == mostTests {
		last := &tests[mostTests-1]
		end, more = spot{last.buildID, last.path, last.id}, true
	}
	all := append(tests, u.asResults(builds)...)
	slices.SortFunc(all, func(a, b single) int { return spotOf(&a).compare(spotOf(&b)) })
	var last spot // of the results found
	for i := range all {
		place, r := spotOf(&all[i]), u.result(&all[i])
		if place.compare(u.after) <= 0 || place.compare(end) > 0 || !u.selects(&r) {
			continue
		}
		if len(u.found.Results) == u.of.N {
			end, more = last, true
			break
		}
		u.found.Results, last = append(u.found.Results, r), place
	}
	if more {
		u.found.Next = end.cursor()
	}
	return nil
}

func spotOf(s *single) spot {
	if s.kind == rollup.Builds {
		return spot{build: s.id}
	}
	return spot{s.buildID, s.path, s.id}
}

// candidates returns the next builds that may have results to list, and reports whether more
// follow.
func (u *unremarkable) candidates(ctx context.Context, db *DB) (builds []build, more bool, err error) {
	var suites []string
	for _, path := range u.of.Path {
		suite := facts.Suite(path)
		if strings.HasPrefix(path, "-") || strings.Contains(suite, "*") {
			suites = nil
			break
		}
		suites = append(suites, suite)
	}
	c := conditions{db: db}
	c.add("t.build_id = k.build_id")
	c.values("t.suite", suites)
	c.values("t.platform", u.of.Platform)
	c.values("t.origin", u.of.Origin)
	c.values("t.status", u.of.Status)
	c.values("CASE WHEN t.lab = '' THEN t.origin ELSE t.lab END", u.of.Lab)
	counted := c.take()
	c.add("v.object_id = k.build_id AND v.revision = $%d AND v.kind = 'build'", u.at.Key)
	row := c.take()
	c.add("x.commit_hash = $%d AND x.patchset_hash = $%d AND k.checkout_id <> '' AND k.build_id >= $%d", u.at.CommitHash, u.at.PatchsetHash, u.after.build)
	c.values("k.architecture", u.of.Architecture)
	c.values("k.config_name", u.of.Config)
	c.values("k.compiler", u.of.Compiler)
	query := `
		SELECT DISTINCT k.build_id, k.origin, k.status, k.architecture, k.config_name, k.compiler, k.lab,
			CAST(coalesce((SELECT sum(t.n) FROM test_counts t WHERE ` + counted + `), 0) AS bigint),
			EXISTS (SELECT 1 FROM verdicts v WHERE ` + row + `)
		FROM revisions x
			JOIN revision_checkouts r ON r.revision = x.key
			JOIN counted_builds k ON k.checkout_id = r.checkout_id
		WHERE ` + c.take() + `
		ORDER BY k.build_id`
	var b build
	var n, tests int64
	var hasRow bool
	into := []any{&b.id, &b.origin, (*string)(&b.status), &b.architecture, &b.config, &b.compiler, &b.lab, &n, &hasRow}
	err = sqldb.Read(ctx, u, query, c.args, into, func() error {
		if tests >= enoughTests && !u.onlyBuilds() {
			more = true
			return nil
		}
		next := b
		next.lab = facts.LabOf(b.lab, b.origin)
		builds, tests = append(builds, next), tests+n
		u.hasRow[b.id] = hasRow
		return nil
	})
	return builds, more, err
}

// onlyBuilds reports whether the filter selects builds alone.
func (u *unremarkable) onlyBuilds() bool {
	return len(u.of.Kinds) == 1 && u.of.Kinds[0] == rollup.Builds
}

// readTests returns the next tests of builds.
func (u *unremarkable) readTests(ctx context.Context, db *DB, builds []build) ([]single, error) {
	if u.onlyBuilds() {
		return nil, nil
	}
	c := conditions{db: db}
	c.add(u.In("o.build_id", 1), u.List(idsOf(builds)))
	path := sqldb.Text("o.path")
	c.add("(o.build_id > $%d OR "+path+" > $%d OR "+path+" = $%d AND o.id > $%d)", u.after.build, u.after.path, u.after.path, u.after.test)
	c.add("NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.object_id = o.id AND v.revision = $%d AND v.kind <> 'build')", u.at.Key)
	c.paths("o.path", u.of.Path)
	c.values("o.origin", u.of.Origin)
	c.values(sqldb.Text("o.status"), u.of.Status)
	condition := c.take() + " ORDER BY o.build_id, " + path + ", o.id LIMIT " + fmt.Sprint(mostTests)
	return u.tests(ctx, builds, withoutExcerpt, condition, c.args...)
}

// asResults returns the builds as results if the filter selects builds.
func (u *unremarkable) asResults(builds []build) (all []single) {
	if len(u.of.Path) > 0 || len(u.of.Platform) > 0 {
		return nil
	}
	for _, b := range builds {
		if !u.hasRow[b.id] && !rollup.IsDummy(b.id) {
			all = append(all, b.single())
		}
	}
	return all
}

// selects reports whether the filter selects a result.
func (u *unremarkable) selects(r *Result) bool {
	return (len(u.of.Kinds) == 0 || slices.Contains(u.of.Kinds, r.Kind)) && (len(u.of.Verdicts) == 0 || slices.Contains(u.of.Verdicts, r.Verdict)) &&
		facts.Wanted(u.of.Path).AcceptsPath(r.Path) && facts.Wanted(u.of.Platform).Accepts(r.Platform) && facts.Wanted(u.of.Lab).Accepts(r.Lab) && facts.Wanted(u.of.Origin).Accepts(r.Origin) &&
		facts.Wanted(u.of.Status).Accepts(string(r.Status))
}

func (u *unremarkable) result(s *single) Result {
	r := Result{
		ID: s.id, Revision: u.at.Key, Kind: s.kind, Path: s.path, Platform: s.platform, Architecture: s.architecture, Config: s.config,
		Compiler: s.compiler, Lab: s.lab, Origin: s.origin, Status: s.status,
	}
	switch s.outcome {
	case verdict.Passed:
		r.Verdict = verdict.OK
	case verdict.Nothing:
		r.Verdict = verdict.Skip
	}
	return r
}
