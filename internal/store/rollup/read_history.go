// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// Run is a run of a test.
type Run struct {
	ID         string
	Status     report.Status
	Start      int64  // microseconds since 1970, 0 where nobody knows
	CommitHash string // "" where nobody knows
}

// HistoryOf says whose runs are wanted.
type HistoryOf struct {
	Path, ConfigName      string
	RepositoryURL, Branch string // any URL of the repository
	Origin                string // of the test or of its checkout; "" for any
	Platform              string // "" for runs that tell none: they are a variant of their own
	StartedBy, ArrivedBy  int64  // microseconds since 1970; 0 for any
}

// Checkouts that are looked at for a history: so many first, then twice as many each
// time, until there are enough runs or no more checkouts, or until so many were seen.
const (
	firstCheckouts = 8
	maxCheckouts   = 1_000
)

// History returns the runs of a test in the newest checkouts of a branch that have
// any, the newest first, n at most. Of each checkout only the builds with the
// configuration are looked at, and of these only the tests with the path. Checkouts
// without a start are looked at as well, by their arrival.
func (db *DB) History(ctx context.Context, of HistoryOf, n int) (all []Run, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		urls, err := db.spellings(ctx, tx, of.RepositoryURL)
		if err != nil {
			return err
		}
		for _, started := range []bool{true, false} {
			runs, err := db.historyIn(ctx, tx, branchOf{urls, of.Branch, started, cmp.Or(of.StartedBy, of.ArrivedBy)}, of, n)
			if err != nil {
				return err
			}
			all = append(all, runs...)
		}
		return nil
	})
	slices.SortStableFunc(all, newestRun)
	return all[:min(n, len(all))], db.Failure(ctx, "read the history of a test", err)
}

// historyIn returns runs in checkouts of a branch, n or more where there are so many.
func (d *Dialect) historyIn(ctx context.Context, tx Tx, branch branchOf, of HistoryOf, n int) (all []Run, err error) {
	for seen, step := 0, firstCheckouts; len(all) < n && seen < maxCheckouts; seen, step = seen+step, 2*step {
		step = min(step, maxCheckouts-seen)
		checkouts, err := d.checkoutsOfBranch(ctx, tx, branch, seen, step)
		if err != nil {
			return nil, err
		}
		runs, err := d.runsIn(ctx, tx, of, checkouts)
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

func newestRun(a, b Run) int {
	return cmp.Or(cmp.Compare(b.Start, a.Start), strings.Compare(a.ID, b.ID))
}

// branchOf names checkouts of a branch.
type branchOf struct {
	urls    []string // of its repository
	branch  string
	started bool  // those with a start, else those without
	until   int64 // when those with a start started at the latest, 0 for any time
}

// checkoutsOfBranch returns n checkouts of a branch, from the newest on, but for some.
func (d *Dialect) checkoutsOfBranch(ctx context.Context, tx Tx, of branchOf, but, n int) (all []Revision, err error) {
	repository, url := d.isRepository("c.git_repository_url", of.urls, 1)
	args := []any{url, of.branch, n, but}
	start, order := "c.start_time IS NULL", "c._timestamp"
	if of.started {
		start, order = "c.start_time IS NOT NULL", "c.start_time"
		// What started before a test started before it arrived.
		if of.until != 0 {
			args = append(args, of.until)
			start += " AND c.start_time <= " + d.Moment(5)
		}
	}
	var r Revision
	err = Read(ctx, tx, "SELECT "+d.revisionColumns()+" FROM checkouts c WHERE "+repository+" AND c.git_repository_branch = $2"+
		" AND "+start+" ORDER BY "+order+" DESC, c.id DESC LIMIT $3 OFFSET $4",
		args, r.into(), func() error { all = append(all, r); return nil })
	return all, err
}

// runsIn returns the runs of a test in checkouts, checkout by checkout.
func (d *Dialect) runsIn(ctx context.Context, tx Tx, of HistoryOf, checkouts []Revision) (all []Run, err error) {
	in, err := d.buildsIn(ctx, tx, checkouts, of.ConfigName)
	if err != nil || len(in) == 0 {
		return nil, err
	}
	var ids []string
	for id := range in {
		ids = append(ids, id)
	}
	tests, err := d.testRuns(ctx, tx, d.In("t.build_id", 1)+" AND t.path = $2", d.List(ids), of.Path)
	if err != nil {
		return nil, err
	}
	byCheckout := make(map[string][]Run)
	for _, t := range tests {
		checkout := in[t.BuildID].revision
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

// builtIn is a build of a checkout.
type builtIn struct {
	id, architecture, compiler, config string
	revision                           *Revision
}

// buildsIn returns the builds of checkouts by ID, those with a configuration, unless
// it is "".
func (d *Dialect) buildsIn(ctx context.Context, tx Tx, checkouts []Revision, config string) (map[string]builtIn, error) {
	of := make(map[string]*Revision)
	var ids []string
	for i := range checkouts {
		of[checkouts[i].CheckoutID] = &checkouts[i]
		ids = append(ids, checkouts[i].CheckoutID)
	}
	args, only := []any{d.List(ids)}, ""
	if config != "" {
		args, only = append(args, config), " AND config_name = $2"
	}
	all := make(map[string]builtIn)
	var b builtIn
	var checkout string
	err := Read(ctx, tx, "SELECT build_id, checkout_id, architecture, compiler, config_name FROM counted_builds WHERE "+
		d.In("checkout_id", 1)+" AND checkout_id <> ''"+only, args, []any{&b.id, &checkout, &b.architecture, &b.compiler, &b.config},
		func() error {
			b.revision = of[checkout]
			all[b.id] = b
			return nil
		})
	return all, err
}

// testRun is a test as histories need it.
type testRun struct {
	Test
	arrived     int64
	environment string // the name of the content that has the free object of it
}

// testRuns returns the tests "t" for which a condition holds, with their platforms.
func (d *Dialect) testRuns(ctx context.Context, tx Tx, condition string, args ...any) (all []testRun, err error) {
	var t testRun
	err = Read(ctx, tx, "SELECT t.id, t.build_id, t.origin, "+Text("t.path")+", "+Text("t.status")+", "+d.Micros("t.start_time")+", "+
		d.Micros("t._timestamp")+", "+Text("t.environment_misc")+" FROM "+d.Tests()+" t WHERE "+condition, args,
		[]any{&t.ID, &t.BuildID, &t.Origin, &t.Path, &t.Status, &t.Start, &t.arrived, &t.environment},
		func() error { all = append(all, t); return nil })
	if err != nil {
		return nil, err
	}
	names := make(set)
	for i := range all {
		names.add(all[i].environment)
	}
	delete(names, "")
	contents, err := d.Contents(ctx, tx, names.sorted())
	if err != nil {
		return nil, err
	}
	var platforms Platforms
	for i := range all {
		if t := &all[i]; t.environment != "" {
			t.Platform = platforms.Of([]byte(contents[t.environment]))
		}
	}
	return all, nil
}
