// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/rollup"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Two revisions of a branch are compared variant by variant: builds by configuration,
// architecture and compiler, boots and other tests by path, configuration,
// architecture and platform. Where a variant ran several times on a side, it failed
// (FAIL) if any run did; it passed (PASS) if all did; else it is INCONCLUSIVE.

// verdict is what the runs of a variant on a side come to; "" for no runs.
type verdict string

const (
	passed       verdict = "PASS"
	broken       verdict = "FAIL"
	inconclusive verdict = "INCONCLUSIVE"
)

// with returns the verdict with one more run.
func (v verdict) with(s report.Status) verdict {
	run := inconclusive
	switch s {
	case report.StatusPass:
		run = passed
	case report.StatusFail:
		run = broken
	}
	switch {
	case v == "" || v == run:
		return run
	case v == broken || run == broken:
		return broken
	}
	return inconclusive
}

// variant is what runs of both sides have in common. Texts that are absent are "".
type variant struct{ path, config, architecture, compiler, platform string }

// sides are the verdicts of both sides.
type sides [2]verdict

// compared are variants.
type compared map[variant]*sides

func (c compared) add(v variant, on [2]bool, s report.Status) {
	of := c[v]
	if of == nil {
		of = new(sides)
		c[v] = of
	}
	for side := range of {
		if on[side] {
			of[side] = of[side].with(s)
		}
	}
}

// sorted returns the variants by path, configuration, architecture, compiler and
// platform.
func (c compared) sorted() []variant {
	all := make([]variant, 0, len(c))
	for v := range c {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b variant) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.config, b.config), strings.Compare(a.architecture, b.architecture),
			strings.Compare(a.compiler, b.compiler), strings.Compare(a.platform, b.platform))
	})
	return all
}

// sideCounts are numbers of variants on a side.
type sideCounts struct {
	Pass         int64 `json:"pass" doc:"Variants that passed"`
	Fail         int64 `json:"fail" doc:"Variants that failed"`
	Inconclusive int64 `json:"inconclusive" doc:"All others that are there"`
}

func (c *sideCounts) add(v verdict) {
	switch v {
	case passed:
		c.Pass++
	case broken:
		c.Fail++
	case inconclusive:
		c.Inconclusive++
	}
}

// changeCounts are numbers of variants by what became of them from A to B. One that
// is on one side only counts as that too, whatever else it counts as.
type changeCounts struct {
	Regression   int64 `json:"regression" doc:"Passed in A, and failed in B"`
	Fixed        int64 `json:"fixed" doc:"Failed in A, and passed in B"`
	NewFailure   int64 `json:"newFailure" doc:"Failed in B, and was inconclusive or not there in A"`
	StillFailing int64 `json:"stillFailing" doc:"Failed in both"`
	NewPass      int64 `json:"newPass" doc:"Passed in B, and was inconclusive or not there in A"`
	Appeared     int64 `json:"appeared" doc:"Is in B, and not in A"`
	Disappeared  int64 `json:"disappeared" doc:"Is in A, and not in B"`
}

func (c *changeCounts) add(of *sides) {
	switch a, b := of[0], of[1]; {
	case a == passed && b == broken:
		c.Regression++
	case a == broken && b == passed:
		c.Fixed++
	case a == broken && b == broken:
		c.StillFailing++
	case b == broken:
		c.NewFailure++
	case b == passed && a != passed:
		c.NewPass++
	}
	switch {
	case of[0] == "":
		c.Appeared++
	case of[1] == "":
		c.Disappeared++
	}
}

// comparison is how variants of a kind compare.
type comparison struct {
	SideA   sideCounts   `json:"sideA" doc:"The first revision"`
	SideB   sideCounts   `json:"sideB" doc:"The second revision"`
	Delta   delta        `json:"delta" doc:"How many more there are in the second"`
	Changes changeCounts `json:"changes" doc:"What became of them"`
}

type delta struct {
	Pass int64 `json:"pass" doc:"Variants that passed"`
	Fail int64 `json:"fail" doc:"Variants that failed"`
}

func (c compared) sum() comparison {
	var sum comparison
	for _, of := range c {
		sum.SideA.add(of[0])
		sum.SideB.add(of[1])
		sum.Changes.add(of)
	}
	sum.Delta = delta{sum.SideB.Pass - sum.SideA.Pass, sum.SideB.Fail - sum.SideA.Fail}
	return sum
}

// revisions are two that are compared.
type revisions struct {
	url    string
	builds []rollup.Built
	sides  map[string][2]bool // that checkouts are on: on both where one is compared with itself
}

// revisionsToCompare returns the builds of two revisions of a branch.
func (a *API) revisionsToCompare(ctx context.Context, in *CompareInput) (*revisions, error) {
	var r rollup.Results
	found := &revisions{sides: make(map[string][2]bool)}
	for i, hash := range []string{in.A, in.B} {
		all, err := a.revisionsOf(ctx, revisionOf{hash: hash, origin: in.Origin, branch: in.Branch, tree: in.Tree})
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
	err := r.Read(ctx, a.rollups())
	found.builds = r.Builds
	return found, err
}

// compareBuilds compares the builds of revisions.
func (r *revisions) compareBuilds() compared {
	all := make(compared)
	for i := range r.builds {
		if b := &r.builds[i]; !rollup.IsDummy(b.ID) {
			all.add(variant{config: b.ConfigName, architecture: b.Architecture, compiler: b.Compiler}, r.sides[b.CheckoutID], b.Status)
		}
	}
	return all
}

// compareTests compares the boots, and the other tests, of revisions.
func (r *revisions) compareTests(ctx context.Context, st store.Store) (boots, tests compared, err error) {
	objects, ok := store.As[store.Objects](st)
	if !ok {
		return nil, nil, store.ErrUnsupported
	}
	boots, tests = make(compared), make(compared)
	ids, builds := make([]string, len(r.builds)), make(map[string]*rollup.Built, len(r.builds))
	for i := range r.builds {
		ids[i] = r.builds[i].ID
		builds[ids[i]] = &r.builds[i]
	}
	for o, err := range objects.Outcomes(ctx, ids) {
		if err != nil {
			return nil, nil, err
		}
		into, b := tests, builds[o.BuildID]
		if object.IsBoot(o.Path) {
			into = boots
		}
		into.add(variant{path: o.Path, config: b.ConfigName, architecture: b.Architecture, platform: o.Platform}, r.sides[b.CheckoutID], o.Status)
	}
	return boots, tests, nil
}
