// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

const (
	// buildsBack is how many earlier builds are read. The API returns as many runs as
	// the history of a test by default.
	buildsBack = 10
	// runsBack is after how many runs no earlier build is read, because a build may have
	// any number of tests.
	runsBack = 100_000
)

// place identifies the runs of one test in similar builds.
type place struct{ path, platform string }

// history is how the tests of earlier builds ended.
type history struct {
	unread  []string // IDs of builds, newest first
	runs    int      // read so far
	results map[place]result
}

// result is how a run ended.
type result struct {
	status report.Status
	start  time.Time
}

// preferredTo reports whether a result is preferred to another result of the same test
// in the same build. A conclusive result is preferred, and then the later result.
func (r result) preferredTo(other result) bool {
	if ours, theirs := facts.IsConclusive(r.status), facts.IsConclusive(other.status); ours != theirs {
		return ours
	}
	return !r.start.Before(other.start)
}

// Before returns the status of the last run of the test that was conclusive, see
// facts.IsConclusive, or of the last run if no run was. Runs have the same path and
// platform, and are in the last ten builds of the same origin, architecture and
// configuration, of earlier checkouts of the same repository and branch. Before returns
// "" without such a run.
func (t *Test) Before() (report.Status, error) {
	like, ok := t.Build().similar()
	if !ok {
		return "", nil
	}
	h, err := t.g.historyOf(like)
	if err != nil {
		return "", err
	}
	at := place{t.Path(), t.Platform()}
	for !facts.IsConclusive(h.results[at].status) && len(h.unread) > 0 {
		if err := t.g.readNewest(h); err != nil {
			return "", err
		}
	}
	return h.results[at].status, nil
}

// historyOf returns the history of similar builds. None of the builds is read yet.
func (g *Graph) historyOf(like store.Like) (*history, error) {
	if h := g.earlier[like]; h != nil {
		return h, nil
	}
	builds, err := g.previousTo(like)
	if err != nil {
		return nil, err
	}
	h := &history{unread: builds, results: map[place]result{}}
	g.earlier[like] = h
	return h, nil
}

// previousTo returns the IDs of the last builds like the given one, newest first. It
// asks for them once.
func (g *Graph) previousTo(like store.Like) ([]string, error) {
	if builds, ok := g.previous[like]; ok {
		return builds, nil
	}
	builds, err := g.database.Previous(g.ctx, like, buildsBack)
	if err != nil {
		return nil, g.fail(err)
	}
	g.previous[like] = builds
	return builds, nil
}

// readBuilds reads builds without their ancestors, unless they were read before.
func (g *Graph) readBuilds(builds []string) error {
	var unread []object.ID
	for _, id := range builds {
		if !g.Build(id).known {
			unread = append(unread, object.ID{id})
		}
	}
	if len(unread) == 0 {
		return nil
	}
	_, err := g.match(object.Of(object.TypeBuild, unread...))
	return err
}

// readNewest reads the newest build that was not read yet. Its result of a test counts
// if newer builds have no conclusive result of the test.
func (g *Graph) readNewest(h *history) error {
	build := map[place]result{}
	for o, err := range g.database.Outcomes(g.ctx, h.unread[:1]) {
		if err != nil {
			return g.fail(err)
		}
		h.runs++
		at, run := place{o.Path, o.Platform}, result{o.Status, o.Start}
		if seen, ok := build[at]; !ok || run.preferredTo(seen) {
			build[at] = run
		}
	}
	for at, run := range build {
		if newer, ok := h.results[at]; !ok || facts.IsConclusive(run.status) && !facts.IsConclusive(newer.status) {
			h.results[at] = run
		}
	}
	if h.unread = h.unread[1:]; h.runs >= runsBack {
		h.unread = nil
	}
	return nil
}

// Before returns the status of the last build that was conclusive, see
// facts.IsConclusive, or of the last build if no build was. Builds are the last ten of
// the same origin, architecture and configuration, of earlier checkouts of the same
// repository and branch.
func (b *Build) Before() (report.Status, error) {
	like, ok := b.similar()
	if !ok {
		return "", nil
	}
	builds, err := b.g.previousTo(like)
	if err != nil || len(builds) == 0 {
		return "", err
	}
	if err := b.g.readBuilds(builds); err != nil {
		return "", err
	}
	for _, id := range builds {
		if status := b.g.Build(id).Outcome(); facts.IsConclusive(status) {
			return status, nil
		}
	}
	return b.g.Build(builds[0]).Outcome(), nil
}
