// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"strings"
)

// CompareInput names two revisions of a branch.
type CompareInput struct {
	filtered
	BranchInput
	A string `query:"hash_a" required:"true" minLength:"1" doc:"Hash of the first commit, or a tag of it"`
	B string `query:"hash_b" required:"true" minLength:"1" doc:"Hash of the second commit, or a tag of it"`
}

type compareListInput struct {
	CompareInput
	Page
}

// treeComparison compares two revisions.
type treeComparison struct {
	TreeName string       `json:"treeName" doc:"Name of the tree"`
	Branch   string       `json:"branch" doc:"Name of the branch"`
	URL      string       `json:"gitUrl" doc:"URL of the repository; empty if unknown"`
	Summary  compareKinds `json:"summary" doc:"Counts and changes"`
}

type compareKinds struct {
	Builds comparison `json:"builds" doc:"Builds, by configuration, architecture and compiler"`
	Boots  comparison `json:"boots" doc:"Boots, by path, configuration, architecture and platform"`
	Tests  comparison `json:"tests" doc:"Other tests, likewise"`
}

type comparedBuild struct {
	ConfigName   string  `json:"config_name" doc:"Configuration"`
	Architecture string  `json:"architecture" doc:"Architecture"`
	Compiler     string  `json:"compiler" doc:"Compiler"`
	A            *string `json:"status_a" doc:"Status in A: PASS, FAIL or INCONCLUSIVE; null if missing"`
	B            *string `json:"status_b" doc:"Status in B, likewise"`
}

type comparedTest struct {
	Path         string  `json:"path" doc:"Path of the test"`
	ConfigName   string  `json:"config_name" doc:"Configuration of the build"`
	Architecture string  `json:"architecture" doc:"Architecture of the build"`
	Platform     string  `json:"platform" doc:"Platform"`
	A            *string `json:"status_a" doc:"Status in A: PASS, FAIL or INCONCLUSIVE; null if missing"`
	B            *string `json:"status_b" doc:"Status in B, likewise"`
}

// compareAPI compares two revisions of a branch.
type compareAPI struct{ *data }

func (a compareAPI) register(r *registry, group string) {
	const rule = " If a variant ran several times in a revision, the last started run counts. " +
		"A run that neither passed nor failed is inconclusive. Commits without checkouts have no runs."
	const list = " Variants with the same status in both are left out."
	const path = "/api/tree/{tree}/{branch}/compare"
	answer(r, operation{
		path: path + "/builds", group: group, title: "Compare builds",
		text: "The status of builds in two revisions of a branch, by configuration, architecture and compiler. Builds with the same status in both are included." + rule,
	}, a.compareBuilds)
	answer(r, operation{
		path: path + "/boots", group: group, title: "Compare boots",
		text: "The status of boots in two revisions of a branch, by path, configuration, architecture and platform." + list + rule,
	}, a.compareBoots)
	answer(r, operation{
		path: path + "/tests", group: group, title: "Compare tests",
		text: "The status of tests, without boots, in two revisions of a branch, by path, configuration, architecture and platform." + list + rule,
	}, a.compareTests)
	answer(r, operation{
		path: path, group: group, title: "Compare two revisions",
		text: "How many builds, boots and other tests of a branch changed from one revision to another, and the counts of each revision. " +
			"The counts of a revision are of all runs, and not only of the last run of each variant." + rule,
	}, a.compare)
}

func (a compareAPI) compare(ctx context.Context, in *CompareInput) (*treeComparison, error) {
	r, err := a.revisionsToCompare(ctx, in)
	if err != nil {
		return nil, err
	}
	builds, err := r.compareBuilds(ctx, a.answers())
	if err != nil {
		return nil, err
	}
	boots, tests, err := r.compareTests(ctx, a.data)
	if err != nil {
		return nil, err
	}
	return &treeComparison{TreeName: in.Tree, Branch: in.Branch, URL: r.url, Summary: compareKinds{builds.sum(), boots.sum(), tests.sum()}}, nil
}

func (a compareAPI) compareBuilds(ctx context.Context, in *compareListInput) ([]comparedBuild, error) {
	r, err := a.revisionsToCompare(ctx, &in.CompareInput)
	if err != nil {
		return nil, err
	}
	all, err := r.compareBuilds(ctx, a.answers())
	if err != nil {
		return nil, err
	}
	page, err := pageOf(ctx, in.Page, all.sorted(false), variant.key)
	items := make([]comparedBuild, len(page))
	for i, v := range page {
		of := all.sides(v)
		items[i] = comparedBuild{
			orUnknown(v.config), orUnknown(v.architecture), orUnknown(v.compiler), optional(string(of[0])), optional(string(of[1])),
		}
	}
	return items, err
}

func (a compareAPI) compareBoots(ctx context.Context, in *compareListInput) ([]comparedTest, error) {
	boots, _, err := a.testsToCompare(ctx, in)
	if err != nil {
		return nil, err
	}
	return comparedTests(ctx, in.Page, boots)
}

func (a compareAPI) compareTests(ctx context.Context, in *compareListInput) ([]comparedTest, error) {
	_, tests, err := a.testsToCompare(ctx, in)
	if err != nil {
		return nil, err
	}
	return comparedTests(ctx, in.Page, tests)
}

func (a compareAPI) testsToCompare(ctx context.Context, in *compareListInput) (boots, tests *compared, err error) {
	r, err := a.revisionsToCompare(ctx, &in.CompareInput)
	if err != nil {
		return nil, nil, err
	}
	return r.compareTests(ctx, a.data)
}

func comparedTests(ctx context.Context, p Page, all *compared) ([]comparedTest, error) {
	page, err := pageOf(ctx, p, all.sorted(true), variant.key)
	items := make([]comparedTest, len(page))
	for i, v := range page {
		of := all.sides(v)
		items[i] = comparedTest{
			orUnknown(v.path), orUnknown(v.config), orUnknown(v.architecture), orUnknown(v.platform), optional(string(of[0])), optional(string(of[1])),
		}
	}
	return items, err
}

// key identifies a variant in a list.
func (v variant) key() string {
	return strings.Join([]string{v.path, v.config, v.architecture, v.compiler, v.platform}, "\x1f")
}
