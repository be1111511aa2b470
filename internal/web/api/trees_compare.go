// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// A comparison of two revisions, A and B, of a branch. Builds are compared by
// configuration, architecture and compiler; boots and other tests by path,
// configuration, architecture and platform: by variant. If a variant ran several times
// on a side, the last started run counts. The counts of a side are of all runs.

// sideOutcome is the status of a run in a comparison; "" for no run.
type sideOutcome string

const (
	passed       sideOutcome = "PASS"
	broken       sideOutcome = "FAIL"
	inconclusive sideOutcome = "INCONCLUSIVE"
)

func verdictOf(s report.Status) sideOutcome {
	switch s {
	case report.StatusPass:
		return passed
	case report.StatusFail:
		return broken
	}
	return inconclusive
}

// variant identifies runs that are compared. Unknown properties are "".
type variant struct{ path, config, architecture, compiler, platform string }

// sides are the verdicts of a variant in A and B.
type sides [2]sideOutcome

// compared has the variants of a kind with their last runs, and counts of all runs.
type compared struct {
	variants map[variant]*[2]newestRun
	counts   [2]sideCounts
}

// newestRun is the last started run of a variant on a side. Of runs with the same
// start, or without a start, it is the run with the greatest ID.
type newestRun struct {
	verdict sideOutcome
	start   int64
	id      string
}

func newCompared() *compared { return &compared{variants: make(map[variant]*[2]newestRun)} }

// add adds a run to its sides.
func (c *compared) add(v variant, on [2]bool, run newestRun) {
	of := c.variants[v]
	if of == nil {
		of = new([2]newestRun)
		c.variants[v] = of
	}
	for side := range of {
		if !on[side] {
			continue
		}
		c.counts[side].add(run.verdict)
		if known := of[side]; known.verdict == "" || cmp.Or(cmp.Compare(run.start, known.start), strings.Compare(run.id, known.id)) > 0 {
			of[side] = run
		}
	}
}

// sides returns the verdicts of a variant.
func (c *compared) sides(v variant) sides {
	of := c.variants[v]
	return sides{of[0].verdict, of[1].verdict}
}

// sorted returns the variants by path, configuration, architecture, compiler and
// platform; if changed, only the variants with different verdicts.
func (c *compared) sorted(changed bool) []variant {
	var all []variant
	for v := range c.variants {
		if of := c.sides(v); !changed || of[0] != of[1] {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b variant) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.config, b.config), strings.Compare(a.architecture, b.architecture),
			strings.Compare(a.compiler, b.compiler), strings.Compare(a.platform, b.platform))
	})
	return all
}

// sideCounts counts the runs of a side.
type sideCounts struct {
	Pass         int64 `json:"pass" doc:"Passed"`
	Fail         int64 `json:"fail" doc:"Failed"`
	Inconclusive int64 `json:"inconclusive" doc:"All other statuses"`
}

func (c *sideCounts) add(v sideOutcome) {
	switch v {
	case passed:
		c.Pass++
	case broken:
		c.Fail++
	case inconclusive:
		c.Inconclusive++
	}
}

// changeCounts counts variants by their change from A to B.
type changeCounts struct {
	Regression   int64 `json:"regression" doc:"Passed in A, and failed or was inconclusive in B"`
	Fixed        int64 `json:"fixed" doc:"Failed in A, and passed or was inconclusive in B"`
	NewFailure   int64 `json:"newFailure" doc:"Failed in B, and was inconclusive or missing in A"`
	StillFailing int64 `json:"stillFailing" doc:"Failed in both"`
	NewPass      int64 `json:"newPass" doc:"Passed in B, and was inconclusive or missing in A"`
	Appeared     int64 `json:"appeared" doc:"Is inconclusive in B, and missing in A"`
	Disappeared  int64 `json:"disappeared" doc:"Ran in A, and not in B"`
}

func (c *changeCounts) add(of sides) {
	switch a, b := of[0], of[1]; {
	case b == "":
		c.Disappeared++
	case a == passed && b != passed:
		c.Regression++
	case a == broken && b != broken:
		c.Fixed++
	case a == broken:
		c.StillFailing++
	case a == passed:
	case b == broken:
		c.NewFailure++
	case b == passed:
		c.NewPass++
	case a == "":
		c.Appeared++
	}
}

// comparison compares the variants of a kind.
type comparison struct {
	SideA   sideCounts   `json:"sideA" doc:"The first revision"`
	SideB   sideCounts   `json:"sideB" doc:"The second revision"`
	Delta   delta        `json:"delta" doc:"Difference, B minus A"`
	Changes changeCounts `json:"changes" doc:"Changes from A to B"`
}

type delta struct {
	Pass int64 `json:"pass" doc:"Runs that passed"`
	Fail int64 `json:"fail" doc:"Runs that failed"`
}

func (c *compared) sum() comparison {
	sum := comparison{SideA: c.counts[0], SideB: c.counts[1]}
	for v := range c.variants {
		sum.Changes.add(c.sides(v))
	}
	sum.Delta = delta{sum.SideB.Pass - sum.SideA.Pass, sum.SideB.Fail - sum.SideA.Fail}
	return sum
}

// revisions has the builds of two revisions to compare.
type revisions struct {
	url     string
	filters *filters
	builds  []answers.Built
	sides   map[string][2]bool // by checkout: both if a revision is compared with itself
	issues  map[objectKey][]seenIssue
}

// revisionsToCompare returns the builds of two revisions of a branch. An unknown
// revision has no builds.
func (a compareAPI) revisionsToCompare(ctx context.Context, in *CompareInput) (*revisions, error) {
	r := answers.Results{Issues: in.filters.n > 0}
	found := &revisions{filters: in.filters, sides: make(map[string][2]bool)}
	for i, hash := range []string{in.A, in.B} {
		all, err := a.revisionsOf(ctx, revisionQuery{hash: hash, origin: in.Origin, branch: in.Branch, tree: in.Tree})
		if err != nil {
			return nil, err
		}
		for _, checkout := range all {
			r.Checkouts = append(r.Checkouts, checkout.CheckoutID)
			sides := found.sides[checkout.CheckoutID]
			sides[i] = true
			found.sides[checkout.CheckoutID] = sides
			found.url = cmp.Or(found.url, checkout.RepositoryURL)
		}
	}
	err := r.Read(ctx, a.answers())
	found.builds, found.issues = r.Builds, issuesByObject(r.ObjectIssues)
	return found, err
}

// compareBuilds compares the builds of the revisions.
func (r *revisions) compareBuilds(ctx context.Context, db *answers.DB) (*compared, error) {
	durations, err := r.filters.durations(ctx, db, r.builds)
	if err != nil {
		return nil, err
	}
	all := newCompared()
	for i := range r.builds {
		b := &r.builds[i]
		if !rollup.IsDummy(b.ID) && r.filters.wantBuild(b, durations, r.issues[objectKey{build: b.ID}]) {
			v := variant{config: b.ConfigName, architecture: b.Architecture, compiler: b.Compiler}
			all.add(v, r.sides[b.CheckoutID], newestRun{verdictOf(b.Status), b.Start, b.ID})
		}
	}
	return all, nil
}

// compareTests compares the boots, and the other tests, of the revisions.
func (r *revisions) compareTests(ctx context.Context, d *data) (boots, tests *compared, err error) {
	boots, tests = newCompared(), newCompared()
	add := func(b *answers.Built, path, platform string, run newestRun) {
		into := tests
		if facts.IsBoot(path) {
			into = boots
		}
		into.add(variant{path: path, config: b.ConfigName, architecture: b.Architecture, platform: platform}, r.sides[b.CheckoutID], run)
	}
	if r.filters.n > 0 {
		for run, err := range d.runs(ctx, r.builds, r.filters, store.RunKey{}, false) {
			if err != nil {
				return nil, nil, err
			}
			if r.filters.wantRun(&run.Run, &run.group, r.issues[objectKey{run.BuildID, run.ID}]) {
				add(run.group.Build, run.Path, run.group.Platform, newestRun{verdictOf(run.Status), startOf(run.Start), run.ID})
			}
		}
		return boots, tests, nil
	}
	builds := make(map[string]*answers.Built, len(r.builds))
	for i := range r.builds {
		builds[r.builds[i].ID] = &r.builds[i]
	}
	for o, err := range d.Store.Outcomes(ctx, idsOfBuilds(r.builds)) {
		if err != nil {
			return nil, nil, err
		}
		add(builds[o.BuildID], o.Path, o.Platform, newestRun{verdictOf(o.Status), startOf(&o.Start), o.ID})
	}
	return boots, tests, nil
}
