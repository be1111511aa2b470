// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Variant is a test under the same conditions.
type Variant struct {
	Path, Platform                 string
	Architecture, Config, Compiler string
}

// NotPassing returns the paths below a path that have results with a verdict that is not
// simply OK or skipped at one of the revisions, at most n, the worst first.
func (db *DB) NotPassing(ctx context.Context, revisions []int64, path string, of Selection, n int) (all []string, err error) {
	c := conditions{db: db}
	c.add(db.In("v.revision", 1), db.Numbers(revisions))
	c.add(db.In("v.verdict", 2), db.Numbers(ranks(nil))) // so that the key leads to the paths
	c.add("v.path > $%d AND v.path < $%d", path+".", path+"/")
	of.addTo(&c, "v.platform", "v.architecture", "v.config_name", "v.compiler", "v.origin")
	c.values("v.lab", of.Lab)
	query := "SELECT v.path, min(v.verdict) FROM verdicts v WHERE " + c.take() +
		fmt.Sprintf(" GROUP BY v.path ORDER BY 2, 1 LIMIT %d", n)
	var found string
	var rank int64
	err = db.read(ctx, "read paths that do not pass", query, c.args, []any{&found, &rank}, func() { all = append(all, found) })
	return all, err
}

// maxPathResults limits the tests that Variants reads.
const maxPathResults = 20_000

// Variants returns the numbers of results of tests with one of the paths, by variant, of
// each revision.
func (db *DB) Variants(ctx context.Context, revisions []int64, paths []string, of Selection) (map[int64]map[Variant]verdict.Counts, error) {
	all := make(map[int64]map[Variant]verdict.Counts)
	err := db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		r := &reader{Tx: tx, Dialect: db.Dialect}
		builds, at, err := r.buildsOf(ctx, revisions, paths)
		if err != nil || len(builds) == 0 {
			return err
		}
		much := outcomeOnly
		if len(of.Lab) > 0 {
			much = withoutExcerpt // with the name of the lab
		}
		tests, err := r.tests(ctx, builds, much, r.In("o.build_id", 1)+" AND "+r.In("o.path", 2)+fmt.Sprintf(" LIMIT %d", maxPathResults),
			r.List(idsOf(builds)), r.List(paths))
		if err != nil {
			return err
		}
		judged, err := db.judgedTests(ctx, tx, revisions, paths)
		if err != nil {
			return err
		}
		for i := range tests {
			if s := &tests[i]; of.has(s) {
				for _, revision := range at[s.buildID] {
					v := Variant{s.path, s.platform, s.architecture, s.config, s.compiler}
					addAt(all, revision, v, cmp.Or(judged[judgedTest{revision, s.id}], withoutRow(s.outcome)), 1)
				}
			}
		}
		return nil
	})
	return all, db.Failure(ctx, "read variants of tests", err)
}

// withoutRow returns the verdict to count a test with that has no row. A failed one has none
// until it is judged.
func withoutRow(o verdict.Outcome) verdict.Kind {
	switch o {
	case verdict.Passed:
		return verdict.OK
	case verdict.Failed, verdict.Mixed:
		return verdict.Still
	case verdict.LabTrouble:
		return verdict.Lab
	}
	return verdict.Skip
}

// has reports whether the selection selects a test.
func (s *Selection) has(t *single) bool {
	return facts.Wanted(s.Platform).Accepts(t.platform) && facts.Wanted(s.Architecture).Accepts(t.architecture) && facts.Wanted(s.Config).Accepts(t.config) &&
		facts.Wanted(s.Compiler).Accepts(t.compiler) && facts.Wanted(s.Lab).Accepts(t.lab) && facts.Wanted(s.Origin).Accepts(t.origin)
}

// buildsOf returns the builds of revisions that have tests in the suites of paths, and the
// revisions of each.
func (r *reader) buildsOf(ctx context.Context, revisions []int64, paths []string) (all []build, at map[string][]int64, err error) {
	suites := make(map[string]bool)
	for _, path := range paths {
		suites[facts.Suite(path)] = true
	}
	var list []string
	for suite := range suites {
		list = append(list, suite)
	}
	query := "SELECT x.key, k.build_id, k.architecture, k.config_name, k.compiler" + builtIn + `
		WHERE ` + r.In("x.key", 1) + " AND " + r.Patchset("c") + ` = x.patchset_hash AND k.checkout_id <> ''
			AND EXISTS (SELECT 1 FROM test_counts t WHERE t.build_id = k.build_id AND ` + r.In("t.suite", 2) + `)
		ORDER BY k.build_id`
	var key int64
	var b build
	at = make(map[string][]int64)
	err = sqldb.Read(ctx, r, query, []any{r.Numbers(revisions), r.List(list)}, []any{&key, &b.id, &b.architecture, &b.config, &b.compiler}, func() error {
		if at[b.id] == nil {
			all = append(all, b)
		}
		at[b.id] = append(at[b.id], key)
		return nil
	})
	return all, at, err
}

// judgedTest is a test at a revision.
type judgedTest struct {
	revision int64
	id       string
}

// judgedTests returns the verdicts of tests with one of the paths that are not simply OK or
// skipped.
func (db *DB) judgedTests(ctx context.Context, tx sqldb.Tx, revisions []int64, paths []string) (map[judgedTest]verdict.Kind, error) {
	query := `
		SELECT v.revision, v.object_id, v.verdict
		FROM verdicts v
		WHERE ` + db.In("v.revision", 1) + " AND " + db.In("v.verdict", 2) + " AND " + db.In("v.path", 3) + " AND v.kind <> '" + string(rollup.Builds) + "'"
	all := make(map[judgedTest]verdict.Kind)
	var t judgedTest
	var rank int64
	err := sqldb.Read(ctx, tx, query, []any{db.Numbers(revisions), db.Numbers(ranks(nil)), db.List(paths)}, []any{&t.revision, &t.id, &rank},
		func() error { all[t] = verdict.Kinds[rank]; return nil })
	return all, err
}
