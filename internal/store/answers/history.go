// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Run is a run of a test.
type Run struct {
	ID         string
	Status     report.Status
	Start      int64  // microseconds since 1970, 0 if unknown
	CommitHash string // "" if unknown
}

// newestRun orders runs by their start, the latest first.
func newestRun(a, b Run) int {
	return cmp.Or(cmp.Compare(b.Start, a.Start), strings.Compare(a.ID, b.ID))
}

// HistoryOf says which runs to find.
type HistoryOf struct {
	Path, ConfigName      string
	RepositoryURL, Branch string // any URL of the repository
	Origin                string // of the test or of its checkout; "" for any
	Platform              string // "" for runs without a platform, which are a variant of their own
	StartedBy, ArrivedBy  int64  // microseconds since 1970; 0 for any
}

// A history looks at this many checkouts first, and then at twice as many each time,
// until it has enough runs, or has seen all checkouts or maxCheckouts of them.
const (
	firstCheckouts = 8
	maxCheckouts   = 1_000
)

// History returns the runs of a test in the newest checkouts of a branch that have such
// runs. It returns at most n runs, the newest first. Of each checkout it reads only the
// builds with the configuration, and of these only the tests with the path. It also
// looks at checkouts without a start, by their arrival.
func (db *DB) History(ctx context.Context, of HistoryOf, n int) (all []Run, err error) {
	err = db.view(ctx, "read the history of a test", func(ctx context.Context, tx sqldb.Tx) error {
		urls, err := db.repositoryURLs(ctx, tx, of.RepositoryURL)
		if err != nil {
			return err
		}
		for _, started := range []bool{true, false} {
			branch := checkoutsOfBranch{urls, of.Branch, started, cmp.Or(of.StartedBy, of.ArrivedBy)}
			runs, err := db.runsOnBranch(ctx, tx, branch, of, n)
			if err != nil {
				return err
			}
			all = append(all, runs...)
		}
		return nil
	})
	slices.SortStableFunc(all, newestRun)
	return all[:min(n, len(all))], err
}

// runsOnBranch returns runs in checkouts of a branch, at least n if there are so many.
func (db *DB) runsOnBranch(ctx context.Context, tx sqldb.Tx, branch checkoutsOfBranch, of HistoryOf, n int) (all []Run, err error) {
	for seen, step := 0, firstCheckouts; len(all) < n && seen < maxCheckouts; seen, step = seen+step, 2*step {
		step = min(step, maxCheckouts-seen)
		checkouts, err := branch.read(ctx, db, tx, seen, step)
		if err != nil {
			return nil, err
		}
		runs, err := db.runsInCheckouts(ctx, tx, of, checkouts)
		if err != nil {
			return nil, err
		}
		all = append(all, runs...)
		if len(checkouts) < step {
			break
		}
	}
	return all, nil
}

// checkoutsOfBranch says which checkouts of a branch to find.
type checkoutsOfBranch struct {
	urls    []string // of the repository
	branch  string
	started bool  // checkouts with a start, or else those without a start
	until   int64 // the latest start, 0 for any
}

// read returns n checkouts, the newest first, after the first skip checkouts.
func (of *checkoutsOfBranch) read(ctx context.Context, db *DB, tx sqldb.Tx, skip, n int) ([]Revision, error) {
	repository, url := db.inRepository("c.git_repository_url", of.urls, 1)
	args := []any{url, of.branch, n, skip}
	start, order := "c.start_time IS NULL", "c._timestamp"
	if of.started {
		start, order = "c.start_time IS NOT NULL", "c.start_time"
		// A checkout that started before a test started before the test arrived.
		if of.until != 0 {
			args = append(args, of.until)
			start += " AND c.start_time <= " + db.Moment(5)
		}
	}
	return db.selectRevisions(ctx, tx, `
		FROM checkouts c
		WHERE `+repository+` AND c.git_repository_branch = $2 AND `+start+`
		ORDER BY `+order+` DESC, c.id DESC LIMIT $3 OFFSET $4`, args...)
}

// runsInCheckouts returns the runs of a test, checkout by checkout.
func (db *DB) runsInCheckouts(ctx context.Context, tx sqldb.Tx, of HistoryOf, checkouts []Revision) (all []Run, err error) {
	builds, err := db.buildsIn(ctx, tx, checkouts, of.ConfigName)
	if err != nil || len(builds) == 0 {
		return nil, err
	}
	ids := slices.Collect(maps.Keys(builds))
	tests, err := db.testRuns(ctx, tx, db.In("t.build_id", 1)+" AND t.path = $2", db.List(ids), of.Path)
	if err != nil {
		return nil, err
	}
	byCheckout := make(map[string][]Run)
	for _, t := range tests {
		checkout := builds[t.BuildID].checkout
		if of.Origin != "" && of.Origin != t.Origin && of.Origin != checkout.Origin || of.Platform != t.Platform ||
			of.StartedBy != 0 && t.Start > of.StartedBy || of.ArrivedBy != 0 && t.arrived > of.ArrivedBy {
			continue
		}
		byCheckout[checkout.CheckoutID] = append(byCheckout[checkout.CheckoutID], Run{t.ID, t.Status, t.Start, checkout.CommitHash})
	}
	for _, c := range checkouts {
		all = append(all, byCheckout[c.CheckoutID]...)
	}
	return all, nil
}

// configuredBuild is a build of a checkout, and how it was configured.
type configuredBuild struct {
	id, architecture, compiler, config string
	checkout                           *Revision
}

// buildsIn returns the builds of checkouts by ID: those with a configuration, or all of
// them for "".
func (db *DB) buildsIn(ctx context.Context, tx sqldb.Tx, checkouts []Revision, config string) (map[string]configuredBuild, error) {
	byID := make(map[string]*Revision)
	var ids []string
	for i := range checkouts {
		byID[checkouts[i].CheckoutID] = &checkouts[i]
		ids = append(ids, checkouts[i].CheckoutID)
	}
	args, only := []any{db.List(ids)}, ""
	if config != "" {
		args, only = append(args, config), " AND config_name = $2"
	}
	query := `
		SELECT build_id, checkout_id, architecture, compiler, config_name
		FROM counted_builds
		WHERE ` + db.In("checkout_id", 1) + ` AND checkout_id <> ''` + only
	all := make(map[string]configuredBuild)
	var b configuredBuild
	var checkout string
	err := forEachRow(ctx, tx, query, args, []any{&b.id, &checkout, &b.architecture, &b.compiler, &b.config}, func() {
		b.checkout = byID[checkout]
		all[b.id] = b
	})
	return all, err
}

// testRun is a test with the values that histories need.
type testRun struct {
	rollup.Test
	arrived int64
}

// testRuns returns the tests "t" that meet a condition, with their platforms.
func (db *DB) testRuns(ctx context.Context, tx sqldb.Tx, condition string, args ...any) (all []testRun, err error) {
	query := `
		SELECT t.id, t.build_id, t.origin, ` + sqldb.Text("t.path") + `, ` + sqldb.Text("t.status") + `,
			` + db.Micros("t.start_time") + `, ` + db.Micros("t._timestamp") + `, ` + sqldb.Text("t.environment_misc") + `
		FROM ` + db.Tests() + ` t
		WHERE ` + condition
	var t testRun
	var environment string // name of the content that has the misc of the environment
	var environments []string
	into := []any{&t.ID, &t.BuildID, &t.Origin, &t.Path, (*string)(&t.Status), &t.Start, &t.arrived, &environment}
	err = forEachRow(ctx, tx, query, args, into, func() { all, environments = append(all, t), append(environments, environment) })
	if err != nil {
		return nil, err
	}
	platforms, err := db.platformsOf(ctx, tx, environments)
	for i := range all {
		all[i].Platform = platforms[environments[i]]
	}
	return all, err
}
