// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// seenAtOnce is how many builds or tests that an issue was seen in are read at a
// time, with all that is in them.
const seenAtOnce = 100

type issueSeenInput struct {
	VersionInput
	Page
	Origins []string `query:"filter_origin,explode" doc:"Only what any of these built or ran"`
}

// issueBuild is a build that an issue was seen in.
type issueBuild struct {
	ID           string          `json:"id" doc:"ID of the build"`
	Architecture *string         `json:"architecture" doc:"What it runs on"`
	ConfigName   *string         `json:"config_name" doc:"Name of its configuration"`
	Status       string          `json:"status" doc:"How it ended; NULL where nobody knows"`
	StartTime    *time.Time      `json:"start_time" doc:"When it began"`
	Duration     *float64        `json:"duration" doc:"How long it took, in seconds"`
	Compiler     *string         `json:"compiler" doc:"What compiled it"`
	LogURL       *string         `json:"log_url" doc:"Its log"`
	TreeName     *string         `json:"tree_name" doc:"Tree of what was built"`
	Branch       *string         `json:"git_repository_branch" doc:"Branch of what was built"`
	Misc         json.RawMessage `json:"misc" doc:"What else the origin tells"`
}

// issueTest is a boot or a test that an issue was seen in.
type issueTest struct {
	RunItem
	TreeName *string `json:"tree_name" doc:"Tree of what was built"`
	Branch   *string `json:"git_repository_branch" doc:"Branch of what was built"`
}

func (a *API) buildsOfIssue(ctx context.Context, in *issueSeenInput, w io.Writer) error {
	item := func(found *seenObjects, s rollup.SeenIn) (issueBuild, bool) {
		b := found.builds[s.BuildID]
		if b == nil || !texts(in.Origins).want(b.Origin) {
			return issueBuild{}, false
		}
		i := issueBuild{
			ID: b.ID, Architecture: b.Architecture, ConfigName: b.ConfigName, Status: statusText(statusOf(b.Status)), StartTime: instant(b.StartTime),
			Duration: b.Duration, Compiler: b.Compiler, LogURL: b.LogURL, Misc: orEmpty(b.Misc),
		}
		if c := found.checkouts[b.CheckoutID]; c != nil {
			i.TreeName, i.Branch = a.treeOf(c), c.GitRepositoryBranch
		}
		return i, true
	}
	return writeSeen(ctx, a, in, w, true, item, func(b issueBuild) string { return b.ID }, "No builds found for this issue")
}

func (a *API) testsOfIssue(ctx context.Context, in *issueSeenInput, w io.Writer) error {
	item := func(found *seenObjects, s rollup.SeenIn) (issueTest, bool) {
		t := found.tests[s.TestID]
		if t == nil || !texts(in.Origins).want(t.Origin) {
			return issueTest{}, false
		}
		i := issueTest{RunItem: RunItem{
			ID: t.ID, Status: statusText(statusOf(t.Status)), Duration: t.Duration, Path: t.Path, StartTime: instant(t.StartTime),
			Lab: optional(facts.LabOf(facts.Lab(t.Misc), t.Origin)),
		}}
		if e := t.Environment; e != nil {
			i.Compatible, i.EnvironmentMisc = list(e.Compatible), orNull(e.Misc)
		}
		if b := found.builds[t.BuildID]; b != nil {
			if c := found.checkouts[b.CheckoutID]; c != nil {
				i.TreeName, i.Branch = a.treeOf(c), c.GitRepositoryBranch
			}
		}
		return i, true
	}
	return writeSeen(ctx, a, in, w, false, item, func(t issueTest) string { return t.ID }, "No tests found for this issue")
}

// writeSeen writes what a version of an issue was seen in: builds, or else tests.
// An item is left out where it is not wanted, or gone.
func writeSeen[E any](ctx context.Context, a *API, in *issueSeenInput, w io.Writer, builds bool,
	item func(*seenObjects, rollup.SeenIn) (E, bool), key func(E) string, none nothing) error {
	version, err := a.wantedVersion(ctx, &in.VersionInput)
	if _, unknown := errors.AsType[nothing](err); unknown {
		return none
	}
	if err != nil {
		return err
	}
	var all iter.Seq2[E, error] = func(yield func(E, error) bool) {
		var zero E
		var behind *rollup.SeenIn
		for {
			seen, err := a.rollups().ThingsSeen(ctx, version, builds, behind, seenAtOnce)
			if err != nil || len(seen) == 0 {
				if err != nil {
					yield(zero, err)
				}
				return
			}
			behind = &seen[len(seen)-1]
			found, err := a.seenObjects(ctx, seen, builds)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, s := range seen {
				if e, ok := item(found, s); ok && !yield(e, nil) {
					return
				}
			}
		}
	}
	page, err := pageOfStream(ctx, in.Page, all, key)
	if err != nil {
		return err
	}
	return writeItems(w, page, none)
}

// seenObjects are objects by their IDs.
type seenObjects struct {
	tests     map[string]*report.Test
	builds    map[string]*report.Build
	checkouts map[string]*report.Checkout
}

// seenObjects reads what an issue was seen in, with its parents.
func (a *API) seenObjects(ctx context.Context, seen []rollup.SeenIn, builds bool) (*seenObjects, error) {
	q := store.Query{Parents: true}
	for _, s := range seen {
		if builds {
			q.Builds = append(q.Builds, s.BuildID)
		} else {
			q.Tests = append(q.Tests, s.TestID)
		}
	}
	all, err := a.objects(ctx, q)
	if err != nil {
		return nil, err
	}
	found := &seenObjects{make(map[string]*report.Test), make(map[string]*report.Build), make(map[string]*report.Checkout)}
	for i := range all.Tests {
		found.tests[all.Tests[i].ID] = &all.Tests[i]
	}
	for i := range all.Builds {
		found.builds[all.Builds[i].ID] = &all.Builds[i]
	}
	for i := range all.Checkouts {
		found.checkouts[all.Checkouts[i].ID] = &all.Checkouts[i]
	}
	return found, nil
}
