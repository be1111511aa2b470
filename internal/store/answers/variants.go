// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// VariantRun is a result of a variant at a revision. A build is a variant without path and
// platform. A missing text is "".
type VariantRun struct {
	Variant
	ID, Origin, Lab          string // Lab as of facts.LabOf
	CommitHash, PatchsetHash string
	Status                   report.Status
	Start                    int64    // microseconds since 1970, 0 if unknown
	Duration                 *float64 // seconds; nil if unknown
	Number                   *float64 // that a test measured; nil for none
	Unit                     string   // of the number
}

// RunsOf says which results to find: all variants of a test's path, or of the builds for
// an architecture, at a revision; and the variant at other commits, without patches.
type RunsOf struct {
	Variant                  Variant
	CommitHash, PatchsetHash string // of the revision; PatchsetHash is "" without patches
	Others                   []string
}

// here reports whether a run is of the revision itself.
func (of *RunsOf) here(run *VariantRun) bool {
	return run.CommitHash == of.CommitHash && run.PatchsetHash == of.PatchsetHash
}

// wants reports whether a run is asked for.
func (of *RunsOf) wants(run *VariantRun) bool { return of.here(run) || run.Variant == of.Variant }

// atCommits is the part of a statement that finds the builds "k" of the commits, in
// checkouts "c". Its parameters are those of args, the first ones of the statement.
func (of *RunsOf) atCommits(db *DB) string {
	patches := sqldb.Text(db.Patchset("c"))
	return db.In("c.git_commit_hash", 1) + ` AND k.checkout_id = c.id AND k.checkout_id <> '' AND (
			c.git_commit_hash = $2 AND ` + patches + ` = $3
			OR ` + patches + ` = '' AND k.architecture = $4 AND k.config_name = $5 AND k.compiler = $6)`
}

func (of *RunsOf) args(db *DB) []any {
	return []any{db.List(append(slices.Clone(of.Others), of.CommitHash)), of.CommitHash, of.PatchsetHash,
		of.Variant.Architecture, of.Variant.ConfigName, of.Variant.Compiler}
}

// columns are the values that runs of tests and of builds have, of an object "o".
func (of *RunsOf) columns(db *DB) string {
	return `c.git_commit_hash, ` + sqldb.Text(db.Patchset("c")) + `, k.architecture, k.config_name, k.compiler,
			o.id, o.origin, ` + sqldb.Text("o.status") + `, ` + db.Micros("o.start_time") + `, o.duration`
}

func (run *VariantRun) targets() []any {
	return []any{&run.CommitHash, &run.PatchsetHash, &run.Architecture, &run.ConfigName, &run.Compiler,
		&run.ID, &run.Origin, (*string)(&run.Status), &run.Start, &run.Duration}
}

// TestRuns returns the runs of a test: at a revision those of all variants, and at other
// commits those of the variant.
func (db *DB) TestRuns(ctx context.Context, of RunsOf) (all []VariantRun, err error) {
	query := `
		SELECT ` + of.columns(db) + `, o.number_value, ` + sqldb.Text("o.number_unit") + `, ` + sqldb.Text("o.misc") + `, ` + sqldb.Text("o.environment_misc") + `
		FROM checkouts c CROSS JOIN counted_builds k CROSS JOIN ` + db.Tests() + ` o
		WHERE ` + of.atCommits(db) + ` AND o.build_id = k.build_id AND o.path = $7`
	err = db.view(ctx, "read the runs of a test", func(ctx context.Context, tx sqldb.Tx) error {
		var run VariantRun
		var misc, environment string
		var environments []string // of the runs
		into := append(run.targets(), &run.Number, &run.Unit, &misc, &environment)
		err := forEachRow(ctx, tx, query, append(of.args(db), of.Variant.Path), into, func() {
			run.Path, run.Lab = of.Variant.Path, facts.LabOf(facts.Lab([]byte(misc)), run.Origin)
			all, environments = append(all, run), append(environments, environment)
		})
		if err != nil {
			return err
		}
		platforms, err := db.platformsOf(ctx, tx, environments)
		for i := range all {
			all[i].Platform = platforms[environments[i]]
		}
		return err
	})
	return slices.DeleteFunc(all, func(run VariantRun) bool { return !of.wants(&run) }), err
}

// BuildRuns returns builds: at a revision those of all variants for the architecture, and
// at other commits those of the variant.
func (db *DB) BuildRuns(ctx context.Context, of RunsOf) (all []VariantRun, err error) {
	query := `
		SELECT ` + of.columns(db) + `, k.lab
		FROM checkouts c CROSS JOIN counted_builds k CROSS JOIN builds o
		WHERE ` + of.atCommits(db) + ` AND k.architecture = $4 AND o.id = k.build_id`
	var run VariantRun
	var lab string
	err = db.read(ctx, "read builds of a variant", query, of.args(db), append(run.targets(), &lab), func() {
		run.Lab = facts.LabOf(lab, run.Origin)
		all = append(all, run)
	})
	return all, err
}

// SuitesOf returns the numbers of tests of a build by the first component of their path,
// and by status.
func (db *DB) SuitesOf(ctx context.Context, build string) (map[string]map[report.Status]int64, error) {
	all := make(map[string]map[report.Status]int64)
	var suite string
	var status report.Status
	var n int64
	query := `
		SELECT suite, status, CAST(sum(n) AS bigint)
		FROM test_counts
		WHERE build_id = $1
		GROUP BY suite, status`
	err := db.read(ctx, "count the tests of a build", query, []any{build}, []any{&suite, &status, &n}, func() {
		if all[suite] == nil {
			all[suite] = make(map[report.Status]int64)
		}
		all[suite][status] = n
	})
	return all, err
}
