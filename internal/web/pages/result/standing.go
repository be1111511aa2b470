// SPDX-License-Identifier: Apache-2.0

package result

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
)

const (
	maxRevisions = 30    // of a history
	maxJudged    = 5_000 // results of a page whose verdicts are read
)

// standing is where a result stands: the revision on its branch, the same variant at
// other revisions, and the other variants at the revision.
type standing struct {
	// Missing says why there is nothing of this, "" if there is.
	Missing string
	Here    verdicts.Revision
	// Elsewhere is the revision on other branches.
	Elsewhere []verdicts.Revision
	Columns   []column // of the branch, newest first
	Runs      []run    // at the revision, of all variants; the worst first
	Own       run      // the result itself
	// Boot is the boot of the kernel on the board that failed, if a lab failed; or nil.
	Boot *verdicts.Result

	judged map[string][]verdicts.Judgement
}

// column is a revision of the branch, with the results of the variant there.
type column struct {
	verdicts.Revision
	Counts verdict.Counts
	Worst  run // the first of the results with the worst verdict
	Runs   []run
}

// Ran reports whether the variant has results there.
func (c *column) Ran() bool { return len(c.Runs) > 0 }

// outcome returns the outcome of all results there.
func (c *column) outcome() (all verdict.Outcome) {
	for i := range c.Runs {
		all = all.And(c.Runs[i].outcome())
	}
	return all
}

// run is a result with its verdict.
type run struct {
	answers.VariantRun
	Kind  verdict.Kind // shell.Wait if the revision is not judged yet
	Since verdicts.Since
	Cause int64
	Fault string
}

// outcome returns the outcome of the result.
func (r *run) outcome() verdict.Outcome {
	return verdict.OutcomeOf(r.Status, r.Kind == verdict.Lab)
}

// subject is the result that a page is about.
type subject struct {
	kind     rollup.Kind
	id       string
	variant  answers.Variant
	checkout *graph.Checkout
	// missing says which parent of the result is not in the database, "" if all are.
	missing string
}

// stand returns where a result stands.
func (s *room) stand(ctx context.Context, of *subject) (*standing, error) {
	if s.Verdicts == nil || s.Answers == nil {
		return &standing{Missing: "The database of this service keeps no counts, so the history and other results are not known here."}, nil
	}
	if of.missing != "" {
		return &standing{Missing: of.missing}, nil
	}
	revision, ok := object.RevisionOf(&of.checkout.Checkout)
	if !ok {
		return &standing{Missing: "Its checkout has no commit hash, so it is compared with nothing."}, nil
	}
	all, err := s.Verdicts.Find(ctx, revision.ID[0], revision.ID[1])
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r verdicts.Revision) bool {
		return r.CommitHash != revision.ID[0] || r.PatchsetHash != revision.ID[1]
	})
	if len(all) == 0 {
		return &standing{Missing: "The revision is not judged yet. New results are judged within a minute: load the page again."}, nil
	}
	st := &standing{Here: s.onBranch(all, of.checkout)}
	st.Elsewhere = slices.DeleteFunc(all, func(r verdicts.Revision) bool { return r.Key == st.Here.Key })
	if err := s.readColumns(ctx, st); err != nil {
		return nil, err
	}
	if err := s.readRuns(ctx, st, of); err != nil {
		return nil, err
	}
	return st, s.readBoot(ctx, st, of)
}

// readBoot finds the boot that explains why a lab failed: it failed with the same kernel on
// the same board.
func (s *room) readBoot(ctx context.Context, st *standing, of *subject) error {
	if st.Own.Kind != verdict.Lab || of.kind != rollup.Tests || of.variant.Platform == "" {
		return nil
	}
	boots, err := s.Verdicts.Results(ctx, verdicts.ResultsOf{
		Revision: st.Here.Key, Kinds: []rollup.Kind{rollup.Boots}, N: 1,
		Verdicts: verdict.Failing, Status: []string{"-PASS", "-DONE"},
		Selection: verdicts.Selection{
			Platform: nonEmpty(of.variant.Platform), Architecture: nonEmpty(of.variant.Architecture), Config: nonEmpty(of.variant.ConfigName), Compiler: nonEmpty(of.variant.Compiler),
		},
	})
	if len(boots) > 0 {
		st.Boot = &boots[0]
	}
	return err
}

// onBranch returns the revision on the branch that a checkout names, or else on any.
func (s *room) onBranch(all []verdicts.Revision, c *graph.Checkout) verdicts.Revision {
	tree := s.Trees.Tree(c.Tree(), c.Repository())
	for _, r := range all {
		if r.Tree == tree && r.Branch == c.Branch() {
			return r
		}
	}
	return all[0]
}

// readColumns reads the newest revisions of the branch; if the revision is older, the
// revisions before it.
func (s *room) readColumns(ctx context.Context, st *standing) error {
	around, err := s.Verdicts.Around(ctx, &st.Here, maxRevisions)
	for _, r := range around {
		st.Columns = append(st.Columns, column{Revision: r, Counts: verdict.Counts{}})
	}
	return err
}

// readRuns reads the results of the columns, and those of other variants at the revision.
func (s *room) readRuns(ctx context.Context, st *standing, of *subject) error {
	wanted := answers.RunsOf{Variant: of.variant, CommitHash: st.Here.CommitHash, PatchsetHash: st.Here.PatchsetHash}
	columns := make(map[[2]string]*column, len(st.Columns))
	for i := range st.Columns {
		c := &st.Columns[i]
		columns[[2]string{c.CommitHash, c.PatchsetHash}] = c
		if c.CommitHash != wanted.CommitHash {
			wanted.Others = append(wanted.Others, c.CommitHash)
		}
	}
	read := s.Answers.TestRuns
	if of.kind == rollup.Builds {
		read = s.Answers.BuildRuns
	}
	found, err := read(ctx, wanted)
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range found[:min(len(found), maxJudged)] {
		ids = append(ids, r.ID)
	}
	if st.judged, err = s.Verdicts.OfObjects(ctx, of.kind, ids); err != nil {
		return err
	}
	for _, r := range found {
		here := r.CommitHash == st.Here.CommitHash && r.PatchsetHash == st.Here.PatchsetHash
		c := columns[[2]string{r.CommitHash, r.PatchsetHash}]
		if c == nil {
			continue
		}
		judged := st.judge(r, &c.Revision)
		if r.Variant == of.variant {
			c.add(judged)
		}
		if here {
			st.Runs = append(st.Runs, judged)
		}
		if r.ID == of.id {
			st.Own = judged
		}
	}
	slices.SortStableFunc(st.Runs, worstFirst)
	return nil
}

// add adds a result of the variant.
func (c *column) add(r run) {
	if len(c.Runs) == 0 || r.Kind.Rank() < c.Worst.Kind.Rank() {
		c.Worst = r
	}
	c.Counts[r.Kind]++
	c.Runs = append(c.Runs, r)
}

// judge returns a result with its verdict at a revision.
func (st *standing) judge(r answers.VariantRun, at *verdicts.Revision) run {
	for _, j := range st.judged[r.ID] {
		if j.Of.Key == at.Key {
			return run{VariantRun: r, Kind: j.Verdict, Since: j.Since, Cause: j.Cause, Fault: j.Fault}
		}
	}
	// The verdicts keep no rows of results that are simply OK or skipped.
	kind := verdict.Judge([]verdict.Result{{Status: r.Status}}, verdict.Nothing)
	if at.Judged.IsZero() || kind != verdict.OK && kind != verdict.Skip {
		kind = shell.Wait
	}
	return run{VariantRun: r, Kind: kind}
}

// OnBranch returns the verdict of the result at the revision on another branch.
func (st *standing) OnBranch(other verdicts.Revision) verdict.Kind {
	if st.Own.ID == "" {
		return ""
	}
	return st.judge(st.Own.VariantRun, &other).Kind
}

// own returns the index of the column of the revision.
func (st *standing) own() int {
	return slices.IndexFunc(st.Columns, func(c column) bool { return c.Key == st.Here.Key })
}

// earlier returns the conclusive columns behind the revision, newest first.
func (st *standing) earlier() (all []*column) {
	if i := st.own(); i >= 0 {
		for i++; i < len(st.Columns); i++ {
			if st.Columns[i].outcome().Conclusive() {
				all = append(all, &st.Columns[i])
			}
		}
	}
	return all
}
