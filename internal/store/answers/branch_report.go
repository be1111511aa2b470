// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// BranchReportOf says which branch to report, and the range of the start of its checkout.
type BranchReportOf struct {
	Origin                string
	RepositoryURL, Branch string
	Tree                  func(treeName string) bool // reports whether to use checkouts with a tree name
	From, To              int64                      // microseconds since 1970
	Runs                  int                        // limits the runs of a variant, and the revisions to look at for them
	Path                  func(path string) bool     // reports whether to use runs of a test
}

// BranchReport has the results of the newest revision of a branch.
type BranchReport struct {
	Head   Revision
	Counts CountsByKind
	// Histories has the runs, newest first, of each variant that failed in any of the
	// checkouts.
	Histories map[Variant][]Run
	Issues    []BuildIssue // in the order of builds
}

// Variant is a test or a build under the same conditions. Only runs of the same variant are
// comparable.
type Variant struct{ Platform, ConfigName, Architecture, Compiler, Path string }

// BuildIssue is a version of an issue that was seen in a build.
type BuildIssue struct {
	SeenIssue
	BuildID             string
	Code, Tool, Harness *bool // culprits
	First               Occurrence
}

// Limits of the histories of a report, and of reading them. Variants that failed in the
// newest checkouts come first.
const (
	maxVariants = 2_000
	maxRuns     = 20_000 // of all variants
	maxFailed   = 20_000 // tests of a checkout in a suite
	pathsAtOnce = 50
)

// BranchReport returns the report of a branch, nil if the branch has no such checkout.
//
// The histories are of the variants that failed in any of the last checkouts.
// test_counts has the builds and suites with failed tests; BranchReport reads the
// failed tests of these suites, and then the other runs of the same variants by path.
func (db *DB) BranchReport(ctx context.Context, of BranchReportOf) (r *BranchReport, err error) {
	err = db.view(ctx, "read the report of a branch", func(ctx context.Context, tx sqldb.Tx) error {
		checkouts, err := db.lastCheckouts(ctx, tx, of)
		if err != nil || len(checkouts) == 0 {
			return err
		}
		r = &BranchReport{Head: checkouts[0], Counts: make(CountsByKind)}
		head, err := db.checkoutsOfHead(ctx, tx, r.Head, of)
		if err != nil {
			return err
		}
		if err = db.addCheckoutCounts(ctx, tx, head, func(string) CountsByKind { return r.Counts }); err != nil {
			return err
		}
		if r.Histories, err = db.histories(ctx, tx, checkouts, of); err != nil {
			return err
		}
		r.Issues, err = db.buildIssues(ctx, tx, head)
		return err
	})
	return r, err
}

// lastCheckouts returns the checkout to report, and the checkouts before it, of as many
// revisions as the report looks at.
func (db *DB) lastCheckouts(ctx context.Context, tx sqldb.Tx, of BranchReportOf) (all []Revision, err error) {
	urls, err := db.repositoryURLs(ctx, tx, of.RepositoryURL)
	if err != nil {
		return nil, err
	}
	repository, url := db.inRepository("c.git_repository_url", urls, 1)
	query := `
		SELECT ` + db.revisionColumns() + `
		FROM checkouts c
		WHERE ` + repository + ` AND c.git_repository_branch = $2 AND c.start_time <= ` + db.Moment(3) + ` AND c.origin = $4
		ORDER BY c.start_time DESC, c.id DESC LIMIT $5`
	var r Revision
	var revisions set
	enough := errors.New("enough")
	err = sqldb.Read(ctx, tx, query, []any{url, of.Branch, of.To, of.Origin, maxCheckouts}, r.scanTargets(), func() error {
		if !of.Tree(r.TreeName) {
			return nil
		}
		revisions.add(cmp.Or(r.CommitHash, r.CheckoutID))
		if len(all) == 0 && r.Start < of.From || len(revisions) > of.Runs {
			return enough
		}
		all = append(all, r)
		return nil
	})
	if errors.Is(err, enough) {
		err = nil
	}
	return all, err
}

// checkoutsOfHead returns all checkouts of the revision to report. It finds them by the
// commit alone, because a branch has many more checkouts than a commit.
func (db *DB) checkoutsOfHead(ctx context.Context, tx sqldb.Tx, head Revision, of BranchReportOf) (ids []string, err error) {
	if head.CommitHash == "" {
		return []string{head.CheckoutID}, nil
	}
	checkouts, err := db.selectRevisions(ctx, tx, "FROM checkouts c WHERE c.git_commit_hash = $1", head.CommitHash)
	for _, r := range checkouts {
		if r.Origin == of.Origin && sameRepository(r.RepositoryURL, of.RepositoryURL) && r.Branch == of.Branch && of.Tree(r.TreeName) {
			ids = append(ids, r.CheckoutID)
		}
	}
	return ids, err
}

// histories returns the runs of the variants that failed in any of the checkouts.
func (db *DB) histories(ctx context.Context, tx sqldb.Tx, checkouts []Revision, of BranchReportOf) (map[Variant][]Run, error) {
	builds, err := db.buildsIn(ctx, tx, checkouts, "")
	if err != nil {
		return nil, err
	}
	all, err := db.failedVariants(ctx, tx, checkouts, builds, of)
	if err != nil {
		return nil, err
	}
	// Builds of the same configuration are read at once, with the paths that failed in
	// any of them.
	type configuration struct{ config, architecture, compiler string }
	paths := make(map[configuration]set)
	for v := range all {
		c := configuration{v.ConfigName, v.Architecture, v.Compiler}
		failed := paths[c]
		failed.add(v.Path)
		paths[c] = failed
	}
	ids := make(map[configuration][]string)
	for id, b := range builds {
		c := configuration{b.config, b.architecture, b.compiler}
		ids[c] = append(ids[c], id)
	}
	for c, paths := range paths {
		for chunk := range slices.Chunk(paths.sorted(), pathsAtOnce) {
			runs, err := db.testRuns(ctx, tx, db.In("t.build_id", 1)+" AND "+db.In("t.path", 2), db.List(ids[c]), db.List(chunk))
			if err != nil {
				return nil, err
			}
			for _, t := range runs {
				b := builds[t.BuildID]
				v := b.variant(t)
				if _, ok := all[v]; ok {
					all[v] = append(all[v], Run{t.ID, t.Status, t.Start, b.checkout.CommitHash})
				}
			}
		}
	}
	for v, runs := range all {
		slices.SortFunc(runs, newestRun)
		all[v] = runs[:min(of.Runs, len(runs))]
	}
	return all, nil
}

// variant returns the variant of a test of the build.
func (b *configuredBuild) variant(t testRun) Variant {
	return Variant{t.Platform, b.config, b.architecture, b.compiler, t.Path}
}

// failedVariants returns the variants that failed in checkouts, without their runs.
func (db *DB) failedVariants(ctx context.Context, tx sqldb.Tx, checkouts []Revision, builds map[string]configuredBuild, of BranchReportOf) (map[Variant][]Run, error) {
	suites, err := db.failedSuites(ctx, tx, builds)
	if err != nil {
		return nil, err
	}
	all := make(map[Variant][]Run)
	limit := min(maxVariants, maxRuns/of.Runs)
	for _, c := range checkouts {
		for _, suite := range slices.Sorted(maps.Keys(suites[c.CheckoutID])) {
			// Paths continue the suite by ".", and "/" follows "." in their order.
			tests, err := db.testRuns(ctx, tx, db.In("t.build_id", 1)+" AND t.path >= $2 AND t.path < $3 AND t.status = 'FAIL' LIMIT $4",
				db.List(suites[c.CheckoutID][suite]), suite, suite+"/", maxFailed)
			if err != nil {
				return nil, err
			}
			for _, t := range tests {
				if !of.Path(t.Path) {
					continue
				}
				b := builds[t.BuildID]
				all[b.variant(t)] = nil
				if len(all) == limit {
					return all, nil
				}
			}
		}
	}
	return all, nil
}

// failedSuites returns the builds with failed tests by checkout and suite.
func (db *DB) failedSuites(ctx context.Context, tx sqldb.Tx, builds map[string]configuredBuild) (map[string]map[string][]string, error) {
	query := `
		SELECT DISTINCT build_id, suite
		FROM test_counts
		WHERE ` + db.In("build_id", 1) + ` AND status = 'FAIL' AND suite <> ''`
	all := make(map[string]map[string][]string)
	var build, suite string
	err := forEachRow(ctx, tx, query, []any{db.List(slices.Collect(maps.Keys(builds)))}, []any{&build, &suite}, func() {
		checkout := builds[build].checkout.CheckoutID
		if all[checkout] == nil {
			all[checkout] = make(map[string][]string)
		}
		all[checkout][suite] = append(all[checkout][suite], build)
	})
	return all, err
}

// buildIssues returns the issues that were seen in the builds of checkouts.
func (db *DB) buildIssues(ctx context.Context, tx sqldb.Tx, checkouts []string) (all []BuildIssue, err error) {
	query := `
		SELECT DISTINCT b.build_id, s.issue_id, s.issue_version, j.comment, j.report_url,
			j.culprit_code, j.culprit_tool, j.culprit_harness
		FROM counted_builds b
			JOIN incidents i ON i.build_id = b.build_id
			JOIN sightings s ON s.incident_id = i.id
			LEFT JOIN issues j ON j.id = s.issue_id AND j.version = s.issue_version
		WHERE ` + db.In("b.checkout_id", 1) + ` AND b.checkout_id <> ''
		ORDER BY 1, 2, 3`
	var i BuildIssue
	var ids set
	into := []any{&i.BuildID, &i.ID, &i.Version, &i.Comment, &i.ReportURL, &i.Code, &i.Tool, &i.Harness}
	err = forEachRow(ctx, tx, query, []any{db.List(checkouts)}, into, func() {
		all = append(all, i)
		ids.add(i.ID)
	})
	if err != nil {
		return nil, err
	}
	seen, err := db.findOccurrences(ctx, tx, ids.sorted())
	for n := range all {
		if s := seen[all[n].ID]; s != nil {
			all[n].First = s.First
		}
	}
	return all, err
}
