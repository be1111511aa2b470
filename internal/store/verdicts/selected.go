// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// Selection selects results by where they ran and how their kernel was built, with the
// meaning of values as in ResultsOf.
type Selection struct {
	Platform, Architecture, Config, Compiler, Lab, Origin []string
}

// GroupsOf is Groups for the results that a selection selects. The numbers of passes come
// from the roll-ups, which have the first level only: with a prefix, the counts have only
// results that are not simply OK or skipped.
func (db *DB) GroupsOf(ctx context.Context, revisions []int64, of Selection, prefix string) (map[int64]map[Group]verdict.Counts, error) {
	s := selected{db: db, of: of, keys: revisions, counts: make(map[int64]map[Group]verdict.Counts)}
	err := db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		if err := s.readVerdicts(ctx, tx, prefix); err != nil || prefix != "" {
			return err
		}
		return s.readTotals(ctx, tx)
	})
	return s.counts, db.Failure(ctx, "read groups of selected results", err)
}

// selected counts the results that a selection selects.
type selected struct {
	db     *DB
	of     Selection
	keys   []int64
	counts map[int64]map[Group]verdict.Counts
}

// readVerdicts counts the results that are not simply OK or skipped.
func (s *selected) readVerdicts(ctx context.Context, tx sqldb.Tx, prefix string) error {
	c := conditions{db: s.db}
	c.add(s.db.In("v.revision", 1), s.db.Numbers(s.keys))
	s.of.addTo(&c, "v.platform", "v.architecture", "v.config_name", "v.compiler", "v.origin")
	c.values("v.lab", s.of.Lab)
	query := `
		SELECT v.revision, v.kind, ` + s.db.Components("v.path") + `, v.architecture, v.config_name, v.verdict, count(*)
		FROM verdicts v
		WHERE ` + c.take() + `
		GROUP BY 1, 2, 3, 4, 5, 6`
	var key, rank, n int64
	var kind rollup.Kind
	var path, architecture, config string
	into := []any{&key, (*string)(&kind), &path, &architecture, &config, &rank, &n}
	return sqldb.Read(ctx, tx, query, c.args, into, func() error {
		first, second := facts.Suite(path), path
		if kind == rollup.Builds {
			first, second = architecture, architecture+"."+config
		}
		switch {
		case prefix == "":
			addAt(s.counts, key, Group{kind, first}, verdict.Kinds[rank], n)
		case prefix == first:
			addAt(s.counts, key, Group{kind, second}, verdict.Kinds[rank], n)
		}
		return nil
	})
}

// builtIn joins revisions "x" with their builds "k".
const builtIn = `
	FROM revisions x
		JOIN checkouts c ON c.git_commit_hash = x.commit_hash
		JOIN counted_builds k ON k.checkout_id = c.id`

// readTotals adds the tests and builds that the roll-ups count and that have no row of
// their own.
func (s *selected) readTotals(ctx context.Context, tx sqldb.Tx) error {
	c := conditions{db: s.db}
	query := `
		SELECT x.key, 'test', t.suite, t.status, t.lab, t.origin, CAST(sum(t.n) AS bigint)` + builtIn + `
			JOIN test_counts t ON t.build_id = k.build_id
		WHERE ` + s.where(&c, "t.platform", "t.origin") + `
		GROUP BY 1, 2, 3, 4, 5, 6`
	if len(s.of.Platform) == 0 { // a build is on no platform
		query += `
			UNION ALL
			SELECT x.key, 'build', k.architecture, k.status, k.lab, k.origin, count(*)` + builtIn + `
			WHERE ` + rollup.NotDummy("k.build_id") + " AND " + s.where(&c, "", "k.origin") + `
			GROUP BY 1, 2, 3, 4, 5, 6`
	}
	var key, n int64
	var kind rollup.Kind
	var name, lab, origin string
	var status report.Status
	all := make(map[int64]map[Group]*totals)
	into := []any{&key, (*string)(&kind), &name, (*string)(&status), &lab, &origin, &n}
	err := sqldb.Read(ctx, tx, query, c.args, into, func() error {
		if kind != rollup.Builds {
			kind = rollup.KindOf(name)
		}
		if facts.Wanted(s.of.Lab).Accepts(facts.LabOf(lab, origin)) {
			addTotal(all, key, Group{kind, name}, status, n)
		}
		return nil
	})
	s.addTotals(all)
	return err
}

// where returns the conditions on the tables of builtIn, with those on more columns.
func (s *selected) where(c *conditions, platform, origin string) string {
	c.add(s.db.In("x.key", len(c.args)+1), s.db.Numbers(s.keys))
	c.add(s.db.Patchset("c") + " = x.patchset_hash AND k.checkout_id <> ''")
	s.of.addTo(c, platform, "k.architecture", "k.config_name", "k.compiler", origin)
	return c.take()
}

// totals are numbers of results of a group, whatever their verdict.
type totals struct{ all, passed int64 }

func addTotal(to map[int64]map[Group]*totals, revision int64, g Group, status report.Status, n int64) {
	if to[revision] == nil {
		to[revision] = make(map[Group]*totals)
	}
	if to[revision][g] == nil {
		to[revision][g] = new(totals)
	}
	to[revision][g].all += n
	if verdict.OutcomeOf(status, false) == verdict.Passed {
		to[revision][g].passed += n
	}
}

// addTotals adds the results that have no row of their own: they are simply OK or skipped.
func (s *selected) addTotals(all map[int64]map[Group]*totals) {
	for revision, groups := range all {
		for g, n := range groups {
			rest := max(n.all-s.counts[revision][g].Total(), 0)
			passed := min(rest, n.passed)
			for kind, n := range map[verdict.Kind]int64{verdict.OK: passed, verdict.Skip: rest - passed} {
				if n > 0 {
					addAt(s.counts, revision, g, kind, n)
				}
			}
		}
	}
}

// addTo adds the conditions on columns. The lab of a result is not a column of each table.
func (s *Selection) addTo(c *conditions, platform, architecture, config, compiler, origin string) {
	c.values(platform, s.Platform)
	c.values(architecture, s.Architecture)
	c.values(config, s.Config)
	c.values(compiler, s.Compiler)
	c.values(origin, s.Origin)
}
