// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Judgement is the verdict of a build or test.
type Judgement struct {
	verdicts.Judgement
	g *Graph
}

// Judgement returns the verdict of the test on the branch that its checkout names; nil for
// a test that simply passed or was skipped, if the status is not judged yet, and if the
// database keeps no verdicts.
func (t *Test) Judgement() (*Judgement, error) {
	if err := t.g.judge(object.TypeTest, t.g.findTogether(t.Ref())); err != nil {
		return nil, err
	}
	return judgementOf(t.g, t.Ref(), t.Outcome()), nil
}

// Judgement returns the verdict of the build, as that of a test.
func (b *Build) Judgement() (*Judgement, error) {
	if err := b.g.judge(object.TypeBuild, b.g.findTogether(b.Ref())); err != nil {
		return nil, err
	}
	return judgementOf(b.g, b.Ref(), b.Outcome()), nil
}

// PassedAt returns the name of the newest earlier revision of the branch at which a test or
// build with the verdict New passed; "" if none is found.
func (j *Judgement) PassedAt() (string, error) {
	g := j.g
	earlier, err := g.verdicts.Revisions(g.ctx, j.Of.BranchKey, &j.Of, verdicts.Window)
	if err != nil {
		return "", g.fail(err)
	}
	of := answers.RunsOf{
		Variant:    answers.Variant{Path: j.Path, Platform: j.Platform, Architecture: j.Architecture, ConfigName: j.Config, Compiler: j.Compiler},
		CommitHash: j.Of.CommitHash, PatchsetHash: j.Of.PatchsetHash,
	}
	for _, r := range earlier {
		of.Others = append(of.Others, r.CommitHash)
	}
	read := g.answers.TestRuns
	if j.Kind == rollup.Builds {
		read = g.answers.BuildRuns
	}
	runs, err := read(g.ctx, of)
	if err != nil {
		return "", g.fail(err)
	}
	passed := map[string]bool{}
	for _, run := range runs {
		if run.Variant == of.Variant && run.PatchsetHash == "" && verdict.OutcomeOf(run.Status, false) == verdict.Passed {
			passed[run.CommitHash] = true
		}
	}
	for _, r := range earlier {
		if passed[r.CommitHash] {
			return r.Name(), nil
		}
	}
	return "", nil
}

// judgementOf returns a judgement that was read, unless the status changed since.
func judgementOf(g *Graph, ref object.Ref, status report.Status) *Judgement {
	if j := g.judged[ref]; j != nil && j.Status == status {
		return j
	}
	return nil
}

// findTogether returns the ID of a build or test, with those that Find returned.
func (g *Graph) findTogether(ref object.Ref) []string {
	if together := g.together[ref.Type]; together[ref.ID[0]] != nil {
		return slices.Sorted(maps.Keys(together))
	}
	return []string{ref.ID[0]}
}

// judge reads the verdicts of builds or tests, unless they were read before.
func (g *Graph) judge(typ object.Type, ids []string) error {
	refOf := func(id string) object.Ref { return object.Ref{Type: typ, ID: object.ID{id}} }
	unread := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, read := g.judged[refOf(id)]; return read })
	if g.verdicts == nil || len(unread) == 0 {
		return nil
	}
	kind := rollup.Tests
	if typ == object.TypeBuild {
		kind = rollup.Builds
	}
	found, err := g.verdicts.OfObjects(g.ctx, kind, unread)
	if err != nil {
		return g.fail(err)
	}
	var own map[string]int64
	if len(found) > 0 {
		if own, err = g.verdicts.Own(g.ctx, g.checkoutsOf(typ, slices.Collect(maps.Keys(found)))); err != nil {
			return g.fail(err)
		}
	}
	for _, id := range unread {
		g.judged[refOf(id)] = nil
		for _, j := range found[id] {
			if j.Revision == own[g.checkoutOf(typ, id)] {
				g.judged[refOf(id)] = &Judgement{j, g}
			}
		}
	}
	return nil
}

// checkoutOf returns the ID of the checkout of a build or test.
func (g *Graph) checkoutOf(typ object.Type, id string) string {
	if typ == object.TypeTest {
		id = g.Test(id).BuildID
	}
	return g.Build(id).CheckoutID
}

func (g *Graph) checkoutsOf(typ object.Type, ids []string) (all []string) {
	for _, id := range ids {
		all = append(all, g.checkoutOf(typ, id))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// BadVerdicts returns the verdicts of the builds with the status FAIL, ERROR or MISS that
// have one, by ID.
func (b *Builds) BadVerdicts() (map[string]verdict.Kind, error) {
	var failed []*Build
	var ids []string
	for _, build := range b.List {
		if slices.Contains(bad, build.Outcome()) {
			failed, ids = append(failed, build), append(ids, build.Build.ID)
		}
	}
	if len(failed) == 0 {
		return nil, nil
	}
	if err := b.g.judge(object.TypeBuild, ids); err != nil {
		return nil, err
	}
	all := map[string]verdict.Kind{}
	for _, build := range failed {
		if j := judgementOf(b.g, build.Ref(), build.Outcome()); j != nil {
			all[build.Build.ID] = j.Verdict
		}
	}
	return all, nil
}

// maxSentences limits the branches of a revision that Sentences reads.
const maxSentences = 3

// Sentence is the state of a revision on a branch, in the words that pages show.
type Sentence struct{ Tree, Branch, Text string }

// Sentences returns the state of the revision on the first three of its branches where it
// was judged, by the names of the branches. It returns none if the database keeps no
// verdicts.
func (r *Revision) Sentences() ([]Sentence, error) {
	if r.g.verdicts == nil || r.Commit == "" {
		return nil, nil
	}
	all, err := r.g.verdicts.Find(r.g.ctx, r.Commit, r.Patches)
	if err != nil {
		return nil, r.g.fail(err)
	}
	return r.g.sentences(slices.DeleteFunc(all, func(v verdicts.Revision) bool {
		return v.CommitHash != r.Commit || v.PatchsetHash != r.Patches
	}))
}

// Sentences returns the state of the revision of the checkout on the branch that the
// checkout names, as Revision.Sentences does.
func (c *Checkout) Sentences() ([]Sentence, error) {
	if c.g.verdicts == nil {
		return nil, nil
	}
	own, err := c.g.verdicts.Own(c.g.ctx, []string{c.Checkout.ID})
	if err != nil || len(own) == 0 {
		return nil, c.g.fail(err)
	}
	found, err := c.g.verdicts.RevisionsByKey(c.g.ctx, slices.Collect(maps.Values(own)))
	if err != nil {
		return nil, c.g.fail(err)
	}
	return c.g.sentences(slices.Collect(maps.Values(found)))
}

// sentences returns the sentences of revisions that were judged.
func (g *Graph) sentences(revisions []verdicts.Revision) ([]Sentence, error) {
	revisions = slices.DeleteFunc(revisions, func(r verdicts.Revision) bool { return r.Judged.IsZero() })
	slices.SortFunc(revisions, func(a, b verdicts.Revision) int {
		return cmp.Or(strings.Compare(a.Tree, b.Tree), strings.Compare(a.Branch, b.Branch))
	})
	revisions = revisions[:min(len(revisions), maxSentences)]
	texts, err := g.verdicts.Sentences(g.ctx, revisions)
	if err != nil {
		return nil, g.fail(err)
	}
	var all []Sentence
	for i, r := range revisions {
		all = append(all, Sentence{r.Tree, r.Branch, texts[i]})
	}
	return all, nil
}
