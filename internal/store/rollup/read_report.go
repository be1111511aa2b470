// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
)

// BranchReportOf says which branch is wanted, and when its checkout started.
type BranchReportOf struct {
	Origin                string
	RepositoryURL, Branch string
	Tree                  func(treeName string) bool // whether a checkout that says this of its tree is wanted
	From, To              int64                      // start of the checkout, microseconds since 1970
	Runs                  int                        // of a variant at most, and revisions that are looked at for them
	Path                  func(path string) bool     // whether runs of a test are wanted
}

// BranchReport is what there is to tell of the newest revision of a branch.
type BranchReport struct {
	Head Revision
	Counts
	Histories map[Variant][]Run // the newest first, of what failed in any of the checkouts
	Issues    []BuildIssue      // in the order of builds
}

// Variant is what makes runs of a test comparable.
type Variant struct{ Platform, ConfigName, Architecture, Compiler, Path string }

// BuildIssue is a version of an issue that was seen in a build.
type BuildIssue struct {
	SeenIssue
	BuildID             string
	Code, Tool, Harness *bool // what is to blame
	First               Occurrence
}

// Bounds of the histories of a report, and of reading them. What failed in the newest
// checkouts comes first.
const (
	maxVariants = 2_000
	maxRuns     = 20_000 // of all of them
	maxFailed   = 20_000 // of a checkout's tests in a suite
	pathsAtOnce = 50
)

// BranchReport reads the report of a branch, nil where there is no checkout.
//
// The histories are those of what failed in one of the last checkouts. Which suites
// of which builds that may be, is in test_counts; of these, the tests are read,
// and then the other runs of the variants that failed, by the paths.
func (db *DB) BranchReport(ctx context.Context, of BranchReportOf) (r *BranchReport, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		checkouts, err := db.lastCheckouts(ctx, tx, of)
		if err != nil || len(checkouts) == 0 {
			return err
		}
		r = &BranchReport{Head: checkouts[0], Counts: make(Counts)}
		head, err := db.checkoutsOfHead(ctx, tx, r.Head, of)
		if err != nil {
			return err
		}
		if err = db.readCounts(ctx, tx, head, func(string) Counts { return r.Counts }); err != nil {
			return err
		}
		if r.Histories, err = db.histories(ctx, tx, checkouts, of); err != nil {
			return err
		}
		r.Issues, err = db.buildIssues(ctx, tx, head)
		return err
	})
	return r, db.Failure(ctx, "read the report of a branch", err)
}

// lastCheckouts returns the checkout that a report is of, and those before it of as
// many revisions as are looked at.
func (d *Dialect) lastCheckouts(ctx context.Context, tx Tx, of BranchReportOf) (all []Revision, err error) {
	var r Revision
	revisions := make(set)
	enough := errors.New("enough")
	urls, err := d.spellings(ctx, tx, of.RepositoryURL)
	if err != nil {
		return nil, err
	}
	repository, url := d.isRepository("c.git_repository_url", urls, 1)
	err = Read(ctx, tx, "SELECT "+d.revisionColumns()+" FROM checkouts c WHERE "+repository+" AND c.git_repository_branch = $2"+
		" AND c.start_time <= "+d.Moment(3)+" AND c.origin = $4 ORDER BY c.start_time DESC, c.id DESC LIMIT $5",
		[]any{url, of.Branch, of.To, of.Origin, maxCheckouts}, r.into(), func() error {
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

// checkoutsOfHead returns all checkouts of the revision that a report is of.
func (d *Dialect) checkoutsOfHead(ctx context.Context, tx Tx, head Revision, of BranchReportOf) (ids []string, err error) {
	if head.CommitHash == "" {
		return []string{head.CheckoutID}, nil
	}
	var r Revision
	// By the commit alone, for a branch has many more checkouts than a commit.
	err = Read(ctx, tx, "SELECT "+d.revisionColumns()+" FROM checkouts c WHERE c.git_commit_hash = $1", []any{head.CommitHash}, r.into(), func() error {
		if r.Origin == of.Origin && sameRepository(r.RepositoryURL, of.RepositoryURL) && r.Branch == of.Branch && of.Tree(r.TreeName) {
			ids = append(ids, r.CheckoutID)
		}
		return nil
	})
	return ids, err
}

// histories reads the runs of the variants that failed in any of some checkouts.
func (d *Dialect) histories(ctx context.Context, tx Tx, checkouts []Revision, of BranchReportOf) (map[Variant][]Run, error) {
	builds, err := d.buildsIn(ctx, tx, checkouts, "")
	if err != nil {
		return nil, err
	}
	all, err := d.failed(ctx, tx, checkouts, builds, of)
	if err != nil {
		return nil, err
	}
	// The builds that are made alike, and the paths of what failed of them.
	type alike struct{ config, architecture, compiler string }
	paths := make(map[alike]set)
	for v := range all {
		a := alike{v.ConfigName, v.Architecture, v.Compiler}
		of := paths[a]
		of.add(v.Path)
		paths[a] = of
	}
	made := make(map[alike][]string)
	for id, b := range builds {
		a := alike{b.config, b.architecture, b.compiler}
		made[a] = append(made[a], id)
	}
	for a, paths := range paths {
		for part := range slices.Chunk(paths.sorted(), pathsAtOnce) {
			runs, err := d.testRuns(ctx, tx, d.In("t.build_id", 1)+" AND "+d.In("t.path", 2), d.List(made[a]), d.List(part))
			if err != nil {
				return nil, err
			}
			for _, t := range runs {
				b := builds[t.BuildID]
				v := b.variant(t)
				if _, ok := all[v]; ok {
					all[v] = append(all[v], Run{t.ID, t.Status, t.Start, b.revision.CommitHash})
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

// variant returns the variant that a test of the build is a run of.
func (b *builtIn) variant(t testRun) Variant {
	return Variant{t.Platform, b.config, b.architecture, b.compiler, t.Path}
}

// failed returns the variants that failed in checkouts, without their runs.
func (d *Dialect) failed(ctx context.Context, tx Tx, checkouts []Revision, builds map[string]builtIn, of BranchReportOf) (map[Variant][]Run, error) {
	suites := make(map[string]map[string][]string) // by checkout and suite, the builds
	var ids []string
	for id := range builds {
		ids = append(ids, id)
	}
	var build, suite string
	err := Read(ctx, tx, "SELECT DISTINCT build_id, suite FROM test_counts WHERE "+d.In("build_id", 1)+" AND status = 'FAIL' AND suite <> ''",
		[]any{d.List(ids)}, []any{&build, &suite}, func() error {
			checkout := builds[build].revision.CheckoutID
			if suites[checkout] == nil {
				suites[checkout] = make(map[string][]string)
			}
			suites[checkout][suite] = append(suites[checkout][suite], build)
			return nil
		})
	if err != nil {
		return nil, err
	}
	all := make(map[Variant][]Run)
	most := min(maxVariants, maxRuns/of.Runs)
	for _, c := range checkouts {
		for _, suite := range slices.Sorted(maps.Keys(suites[c.CheckoutID])) {
			// A dot follows the suite in paths, and a slash the dot in the order of them.
			tests, err := d.testRuns(ctx, tx, d.In("t.build_id", 1)+" AND t.path >= $2 AND t.path < $3 AND t.status = 'FAIL' LIMIT $4",
				d.List(suites[c.CheckoutID][suite]), suite, suite+"/", maxFailed)
			if err != nil {
				return nil, err
			}
			for _, t := range tests {
				if !of.Path(t.Path) {
					continue
				}
				b := builds[t.BuildID]
				all[b.variant(t)] = nil
				if len(all) == most {
					return all, nil
				}
			}
		}
	}
	return all, nil
}

// buildIssues returns the issues that were seen in the builds of checkouts.
func (d *Dialect) buildIssues(ctx context.Context, tx Tx, checkouts []string) (all []BuildIssue, err error) {
	var i BuildIssue
	var code, tool, harness int
	err = Read(ctx, tx, "SELECT DISTINCT b.build_id, s.issue_id, s.issue_version, j.comment, j.report_url, "+
		flag("j.culprit_code")+", "+flag("j.culprit_tool")+", "+flag("j.culprit_harness")+
		" FROM counted_builds b JOIN incidents i ON i.build_id = b.build_id JOIN sightings s ON s.incident_id = i.id"+
		" LEFT JOIN issues j ON j.id = s.issue_id AND j.version = s.issue_version"+
		" WHERE "+d.In("b.checkout_id", 1)+" AND b.checkout_id <> '' ORDER BY 1, 2, 3",
		[]any{d.List(checkouts)}, []any{&i.BuildID, &i.ID, &i.Version, &i.Comment, &i.ReportURL, &code, &tool, &harness}, func() error {
			i.Code, i.Tool, i.Harness = unflag(code), unflag(tool), unflag(harness)
			all = append(all, i)
			return nil
		})
	if err != nil {
		return nil, err
	}
	ids := make(set)
	for _, i := range all {
		ids.add(i.ID)
	}
	seen, err := d.seen(ctx, tx, ids.sorted())
	for n := range all {
		if s := seen[all[n].ID]; s != nil {
			all[n].First = s.First
		}
	}
	return all, err
}

// flag returns the expression of a truth value as a number: 1, 0, or -1 where it is
// not there.
func flag(column string) string {
	return "CASE WHEN " + column + " IS NULL THEN -1 WHEN " + column + " THEN 1 ELSE 0 END"
}

func unflag(n int) *bool {
	if n < 0 {
		return nil
	}
	return new(n == 1)
}
