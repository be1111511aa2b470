// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// PlatformSum is the number of boots or tests of a platform that have a verdict.
type PlatformSum struct {
	Platform string
	Kind     rollup.Kind
	Verdict  verdict.Kind
	N        int64
	// Passed and Failed are those of N with the status PASS or DONE, and FAIL.
	Passed, Failed int64
}

// PlatformSums returns the numbers of the boots and tests at revisions that are not simply
// OK or skipped, by platform. No origins are all.
func (db *DB) PlatformSums(ctx context.Context, revisions []int64, origins []string) (all []PlatformSum, err error) {
	args, condition := []any{db.Numbers(revisions)}, ""
	if len(origins) > 0 {
		args, condition = append(args, db.List(origins)), " AND "+db.In("origin", 2)
	}
	query := `
		SELECT platform, kind, verdict, count(*),
			CAST(sum(CASE WHEN status IN ('PASS', 'DONE') THEN 1 ELSE 0 END) AS bigint), CAST(sum(CASE WHEN status = 'FAIL' THEN 1 ELSE 0 END) AS bigint)
		FROM verdicts
		WHERE ` + db.In("revision", 1) + ` AND platform <> ''` + condition + `
		GROUP BY platform, kind, verdict`
	var s PlatformSum
	var rank int
	err = db.read(ctx, "count the results of platforms", query, args, []any{&s.Platform, (*string)(&s.Kind), &rank, &s.N, &s.Passed, &s.Failed}, func() {
		s.Verdict = verdict.Kinds[rank]
		all = append(all, s)
	})
	return all, err
}

// RanOn says which tests to count: those of a platform, in builds that were tested on it
// on days, or in builds of revisions.
type RanOn struct {
	Platform  string
	First     int64 // day since 1970
	Last      int64
	Revisions []int64 // keys; nil for any revision with tests on the days
}

// Ran is a number of tests of a platform that have the same values. A missing text is "".
type Ran struct {
	Revision     int64 // key of the revision, on the branch that the checkout of the build names
	Architecture string
	Suite        string // first component of the path
	Lab, Origin  string // Lab as of facts.LabOf
	Status       report.Status
	N            int64
}

// Ran counts the tests of a platform. It reads only rows of the platform: how many other
// tests and platforms there are does not matter.
func (db *DB) Ran(ctx context.Context, of RanOn) (all []Ran, err error) {
	builds := `
			SELECT DISTINCT h.build_id
			FROM hardware_counts h
			WHERE h.platform = $1 AND ` + rollup.HasShortPlatform("h") + ` AND h.day BETWEEN $2 AND $3`
	args := []any{of.Platform, of.First, of.Last}
	if of.Revisions != nil {
		builds = `
			SELECT k.build_id
			FROM revision_checkouts c JOIN counted_builds k ON k.checkout_id = c.checkout_id AND k.checkout_id <> ''
			WHERE ` + db.In("c.revision", 2)
		args = []any{of.Platform, db.Numbers(of.Revisions)}
	}
	query := `
		SELECT c.revision, k.architecture, t.suite, t.lab, t.origin, t.status, CAST(sum(t.n) AS bigint)
		FROM (` + builds + `) tested
			JOIN counted_builds k ON k.build_id = tested.build_id
			JOIN revision_checkouts c ON c.checkout_id = k.checkout_id
			JOIN test_counts t` + db.Indexed("test_counts_platform") + ` ON t.build_id = tested.build_id AND t.platform = $1 AND ` + rollup.HasShortPlatform("t") + `
		GROUP BY c.revision, k.architecture, t.suite, t.lab, t.origin, t.status
		ORDER BY c.revision, k.architecture, t.suite, t.lab, t.origin, t.status`
	var r Ran
	into := []any{&r.Revision, &r.Architecture, &r.Suite, &r.Lab, &r.Origin, (*string)(&r.Status), &r.N}
	err = db.read(ctx, "count the tests of a platform", query, args, into, func() {
		r.Lab = facts.LabOf(r.Lab, r.Origin)
		all = append(all, r)
	})
	return all, err
}

// At is a path of a test at a revision.
type At struct {
	Revision int64 // its key
	Path     string
}

// Others are the other platforms that ran a test.
type Others struct {
	Failing int64  // platforms on which the path fails at the revision too
	First   string // the first of them by name, "" for none
	Ran     int64  // platforms with tests of the same group in the same builds
}

// Elsewhere returns how tests of a platform went on other platforms. The path of each fails
// on the platform at the revision.
func (db *DB) Elsewhere(ctx context.Context, platform string, of []At) (map[At]Others, error) {
	all := make(map[At]Others, len(of))
	if len(of) == 0 {
		return all, nil
	}
	var revisions []int64
	var paths []string
	for _, at := range of {
		revisions, paths = append(revisions, at.Revision), append(paths, at.Path)
	}
	slices.Sort(revisions)
	slices.Sort(paths)
	args := []any{platform, db.Numbers(slices.Compact(revisions)), db.List(slices.Compact(paths)), db.Numbers(ranks(verdict.Failing))}
	query := `
		SELECT 'fails', v.revision, v.path, count(DISTINCT v.platform), min(v.platform)
		FROM verdicts v
		WHERE ` + db.In("v.revision", 2) + " AND " + db.In("v.verdict", 4) + " AND " + db.In("v.path", 3) + ` AND v.platform NOT IN ('', $1) AND v.status IN ('FAIL', 'ERROR')
		GROUP BY v.revision, v.path
		UNION ALL
		SELECT 'ran', c.revision, t.suite, count(DISTINCT t.platform), ''
		FROM revision_checkouts c
			JOIN counted_builds k ON k.checkout_id = c.checkout_id AND k.checkout_id <> ''
			JOIN test_counts t ON t.build_id = k.build_id
		WHERE ` + db.In("c.revision", 2) + ` AND t.platform NOT IN ('', $1) AND EXISTS (
			SELECT 1 FROM test_counts p` + db.Indexed("test_counts_platform") + ` WHERE p.build_id = k.build_id AND p.platform = $1 AND ` + rollup.HasShortPlatform("p") + `
		)
		GROUP BY c.revision, t.suite`
	ran := make(map[At]int64) // by suite
	var what, first string
	var at At
	var n int64
	err := db.read(ctx, "compare platforms", query, args, []any{&what, &at.Revision, &at.Path, &n, &first}, func() {
		if what == "ran" {
			ran[at] = n
		} else {
			all[at] = Others{Failing: n, First: first}
		}
	})
	for _, at := range of {
		others := all[at]
		others.Ran = ran[At{at.Revision, facts.Suite(at.Path)}]
		all[at] = others
	}
	return all, err
}
