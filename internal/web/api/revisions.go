// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// TreeSummary is the summary of a revision.
type TreeSummary struct {
	Common  treeCommon     `json:"common" doc:"Description of the revision"`
	Summary summary        `json:"summary" doc:"Counts of what the filters let pass"`
	Filters summaryFilters `json:"filters" doc:"Values to filter by; the filters do not narrow them"`
}

type treeCommon struct {
	Hardware   []string `json:"hardware" doc:"Platforms on which the revision was tested"`
	TreeURL    string   `json:"tree_url" doc:"URL of the repository"`
	CommitTags []string `json:"git_commit_tags" doc:"Tags of the commit"`
}

// BuildList, BootList and TestList are lists of the objects of a revision.
type (
	BuildList struct {
		Builds []BuildItem `json:"builds" doc:"Builds, by checkout"`
	}
	BootList struct {
		Boots []TestItem `json:"boots" doc:"Boots, by build"`
	}
	TestList struct {
		Tests []TestItem `json:"tests" doc:"Other tests, by build"`
	}
)

// treeFull is the summary and the lists of a revision.
type treeFull struct {
	TreeSummary
	BuildList
	BootList
	TestList
}

// partQuery asks for a part of a revision.
type partQuery struct {
	of      revisionQuery
	filters *filters
	page    Page
	full    bool
}

// Inputs of parts of a revision, for both ways to name a revision.
type (
	summaryInput struct {
		filtered
		RevisionInput
	}
	treeSummaryInput struct {
		filtered
		TreeRevisionInput
	}
	buildsInput struct {
		filtered
		Page
		RevisionInput
	}
	treeBuildsInput struct {
		filtered
		Page
		TreeRevisionInput
	}
	testsInput struct {
		filtered
		Page
		RevisionInput
		FullInput
	}
	treeTestsInput struct {
		filtered
		Page
		TreeRevisionInput
		FullInput
	}
	fullInput struct {
		filtered
		RevisionInput
		FullInput
	}
	treeFullInput struct {
		filtered
		TreeRevisionInput
		FullInput
	}
)

func (in *summaryInput) query() partQuery { return partQuery{in.revision(), in.filters, Page{}, false} }
func (in *treeSummaryInput) query() partQuery {
	return partQuery{in.revision(), in.filters, Page{}, false}
}
func (in *buildsInput) query() partQuery { return partQuery{in.revision(), in.filters, in.Page, false} }
func (in *treeBuildsInput) query() partQuery {
	return partQuery{in.revision(), in.filters, in.Page, false}
}
func (in *testsInput) query() partQuery {
	return partQuery{in.revision(), in.filters, in.Page, in.Full}
}
func (in *treeTestsInput) query() partQuery {
	return partQuery{in.revision(), in.filters, in.Page, in.Full}
}
func (in *fullInput) query() partQuery { return partQuery{in.revision(), in.filters, Page{}, in.Full} }
func (in *treeFullInput) query() partQuery {
	return partQuery{in.revision(), in.filters, Page{}, in.Full}
}

// partInput is a pointer to an input of a part.
type partInput[I any] interface {
	*I
	query() partQuery
}

// writer writes some members of an answer.
type writer func(ctx context.Context, sc scope, p partQuery, enc *jsontext.Encoder) error

// ofRevision adds an operation for each way to name a revision. The answer is an
// object, whose members the writers write one after the other.
func ofRevision[I, T, O any, PI partInput[I], PT partInput[T]](r *registry, a revisionAPI, word string, op operation, writers ...writer) {
	op.path = "/api/tree/{hash}/" + word
	stream[I, O](r, op, func(ctx context.Context, in *I, w io.Writer) error {
		return a.writePart(ctx, PI(in).query(), w, writers)
	})
	op.path = "/api/tree/{tree}/{branch}/{hash}/" + word
	stream[T, O](r, op, func(ctx context.Context, in *T, w io.Writer) error {
		return a.writePart(ctx, PT(in).query(), w, writers)
	})
}

func (a revisionAPI) writePart(ctx context.Context, p partQuery, w io.Writer, writers []writer) error {
	sc, err := a.scopeOf(ctx, p.of)
	if err != nil {
		return err
	}
	enc := jsontext.NewEncoder(w, encoding)
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, write := range writers {
		if err := write(ctx, sc, p, enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

func (a revisionAPI) writeSummary(ctx context.Context, sc scope, p partQuery, enc *jsontext.Encoder) error {
	c := newSummaryCounter(false)
	texts, err := a.walk(ctx, sc, p.filters, c)
	if err != nil {
		return err
	}
	return errors.Join(
		writeField(enc, "common", commonOf(sc, c)), writeField(enc, "summary", c.summary(texts)), writeField(enc, "filters", c.filters()))
}

// commonOf returns the description of a revision. The last started checkout decides its
// URL.
func commonOf(sc scope, c *summaryCounter) treeCommon {
	var common treeCommon
	for i := range sc.checkouts {
		checkout := &sc.checkouts[i]
		if common.TreeURL == "" {
			common.TreeURL = text(checkout.GitRepositoryURL)
		}
		common.CommitTags = addTags(common.CommitTags, checkout.GitCommitTags)
	}
	platforms := maps.Clone(c.ofKind(rollup.Boots).platforms)
	maps.Copy(platforms, c.ofKind(rollup.Tests).platforms)
	delete(platforms, unknown)
	common.Hardware = slices.Sorted(maps.Keys(platforms))
	return common
}

func (a revisionAPI) writeBuilds(ctx context.Context, sc scope, p partQuery, enc *jsontext.Encoder) error {
	page, err := a.buildsIn(ctx, sc, p.filters, p.page)
	if err != nil {
		return err
	}
	return writeMember(enc, "builds", page, func(b *listedBuild) BuildItem { return buildItem(b.build, b.checkout) })
}

func (a revisionAPI) writeBoots(ctx context.Context, sc scope, p partQuery, enc *jsontext.Encoder) error {
	return a.writeRuns(ctx, sc, p, enc, rollup.Boots)
}

func (a revisionAPI) writeOtherTests(ctx context.Context, sc scope, p partQuery, enc *jsontext.Encoder) error {
	return a.writeRuns(ctx, sc, p, enc, rollup.Tests)
}

func (a revisionAPI) writeRuns(ctx context.Context, sc scope, p partQuery, enc *jsontext.Encoder, kind rollup.Kind) error {
	page, err := a.testsIn(ctx, sc, p.filters, kind, p.full, p.page)
	if err != nil {
		return err
	}
	return writeMember(enc, string(kind)+"s", page, func(t *listedTest) *TestItem { return &t.item })
}

// revisionAPI answers for one revision of a tree.
type revisionAPI struct{ *data }

func (a revisionAPI) register(r *registry, group string) {
	const which = " If a commit was checked out several times, all checkouts that match the parameters count."
	ofRevision[summaryInput, treeSummaryInput, TreeSummary](r, a, "summary", operation{
		group: group, title: "Summarize a revision",
		text: "Counts of the builds, boots and other tests of a commit by status, by several properties, and the issues that were seen. " +
			"fail_reasons and failed_platforms are of tests that failed, had an error or are missing; " +
			"unknown_issues counts failures (FAIL) without an issue." + which,
	}, a.writeSummary)
	ofRevision[buildsInput, treeBuildsInput, BuildList](r, a, "builds", operation{
		group: group, title: "List the builds of a revision", text: "The builds of a commit, by checkout." + which,
	}, a.writeBuilds)
	ofRevision[testsInput, treeTestsInput, BootList](r, a, "boots", operation{
		group: group, title: "List the boots of a revision", text: "The boots of a commit, by build and path. A boot is a test whose first path component is boot." + which,
	}, a.writeBoots)
	ofRevision[testsInput, treeTestsInput, TestList](r, a, "tests", operation{
		group: group, title: "List the tests of a revision", text: "The tests of a commit, without boots, by build and path." + which,
	}, a.writeOtherTests)
	ofRevision[fullInput, treeFullInput, treeFull](r, a, "full", operation{
		group: group, title: "Get everything about a revision", text: "The summary and the lists of a commit in one answer, which may be large." + which,
	}, a.writeSummary, a.writeBuilds, a.writeBoots, a.writeOtherTests)
}
