// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// Dimension is a property that results are counted by.
type Dimension string

// The dimensions. Builds have no platform and no reason.
const (
	ByCheckout     Dimension = "checkout"
	ByArchitecture Dimension = "arch"
	ByConfig       Dimension = "config"
	ByCompiler     Dimension = "compiler"
	ByPlatform     Dimension = "platform"
	ByLab          Dimension = "lab"
	ByOrigin       Dimension = "origin"
	ByReason       Dimension = "reason" // why tests failed, as their origins say
)

// Tally is the number of results of a revision that have the same value of a dimension,
// kind and status. Results without the property have the value "".
type Tally struct {
	Revision  int // index of the revision
	Dimension Dimension
	Value     string
	Kind      rollup.Kind // Builds, Boots or Tests
	Status    report.Status
	N         int64
}

// Breakdown returns the numbers of results of revisions by each dimension, from the counts
// of tests by build. All checkouts of a revision count, whatever branch they name.
func (db *DB) Breakdown(ctx context.Context, revisions []*Revision) (all []Tally, err error) {
	if len(revisions) == 0 {
		return nil, nil
	}
	query, args := db.breakdownQuery(revisions)
	var t Tally
	var origin string
	labs := make(map[Tally]int) // index in all, because several names are one lab
	into := []any{&t.Revision, (*string)(&t.Dimension), &t.Value, &origin, (*string)(&t.Kind), (*string)(&t.Status), &t.N}
	err = db.read(ctx, "count the results of revisions", query, args, into, func() {
		if t.Dimension == ByLab {
			t.Value = facts.LabOf(t.Value, origin)
			key := t
			key.N = 0
			if i, ok := labs[key]; ok {
				all[i].N += t.N
				return
			}
			labs[key] = len(all)
		}
		all = append(all, t)
	})
	return all, err
}

// breakdownQuery returns the query that groups the results of revisions by one dimension
// after the other. The database reads the counts of the tests once.
func (db *DB) breakdownQuery(revisions []*Revision) (query string, args []any) {
	counted, args := db.countedResults(revisions, nil)
	groups := []string{`
		SELECT place, 'checkout', checkout_id, '', '', '', CAST(0 AS bigint) FROM c`}
	for _, by := range []struct {
		dimension      Dimension
		column, origin string
		condition      string
	}{
		{ByCheckout, "checkout_id", "", ""},
		{ByArchitecture, "architecture", "", ""},
		{ByConfig, "config_name", "", ""},
		{ByCompiler, "compiler", "", ""},
		{ByPlatform, "platform", "", " WHERE kind <> 'build'"},
		{ByLab, "lab", "origin", ""},
		{ByOrigin, "origin", "", ""},
		{ByReason, "reason", "", " WHERE reason <> ''"},
	} {
		origin, group := "''", by.column
		if by.origin != "" {
			origin, group = by.origin, group+", "+by.origin
		}
		groups = append(groups, fmt.Sprintf(`
		SELECT place, '%s', %s, %s, kind, status, CAST(sum(n) AS bigint) FROM t%s GROUP BY place, %s, kind, status`,
			by.dimension, by.column, origin, by.condition, group))
	}
	return counted + strings.Join(groups, " UNION ALL "), args
}

// countedResults returns the beginning of a query, with the table t: the numbers of results
// of revisions by place, the index of the revision, and by each property that counts have. Its table c
// has the checkouts. filter may be nil. SQLite reads the tables of a CROSS JOIN in their
// order: it does not know that the revisions have few of all builds.
func (db *DB) countedResults(revisions []*Revision, filter *ResultsOf) (query string, args []any) {
	var checkouts []string
	for i, r := range revisions {
		checkouts = append(checkouts, fmt.Sprintf(`
			SELECT %d AS place, k.checkout_id
			FROM revisions r JOIN revision_checkouts k ON k.revision = r.key
			WHERE r.commit_hash = $%d AND r.patchset_hash = $%d`, i, 2*i+1, 2*i+2))
		args = append(args, r.CommitHash, r.PatchsetHash)
	}
	only := conditions{db: db, all: []string{"true"}, args: args}
	if filter != nil {
		only.counted(filter)
	}
	return `
		WITH c AS MATERIALIZED (` + strings.Join(checkouts, " UNION ALL ") + `
		), b AS MATERIALIZED (
			SELECT c.place, k.checkout_id, k.build_id, k.origin, k.status, k.architecture, k.compiler, k.config_name, k.lab
			FROM c CROSS JOIN counted_builds k
			WHERE k.checkout_id = c.checkout_id AND k.checkout_id <> ''
		), t AS MATERIALIZED (
			SELECT * FROM (
				SELECT b.place, b.checkout_id, b.architecture, b.compiler, b.config_name, t.origin, t.platform, t.lab, t.reason, t.status,
					CASE WHEN t.suite = 'boot' THEN 'boot' ELSE 'test' END AS kind, t.suite, sum(t.n) AS n
				FROM b CROSS JOIN test_counts t
				WHERE t.build_id = b.build_id
				GROUP BY b.place, b.checkout_id, b.architecture, b.compiler, b.config_name, t.origin, t.platform, t.lab, t.reason, t.status, t.suite
				UNION ALL
				SELECT place, checkout_id, architecture, compiler, config_name, origin, '', lab, '', status, 'build', '', 1
				FROM b
				WHERE ` + rollup.NotDummy("build_id") + `
			) o
			WHERE ` + only.take() + `
		)`, only.args
}

// counted adds the conditions of a filter on numbers of results.
func (c *conditions) counted(filter *ResultsOf) {
	c.values("architecture", filter.Architecture)
	c.values("config_name", filter.Config)
	c.values("compiler", filter.Compiler)
	c.values("platform", filter.Platform)
	c.values("CASE WHEN lab = '' THEN origin ELSE lab END", filter.Lab)
	c.values("origin", filter.Origin)
	c.values("suite", filter.Path)
}
