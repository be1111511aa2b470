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
	// buildsBack is how many builds before are looked at. It is as many as the
	// history of a test has runs in the API unless it is asked for more.
	buildsBack = 10
	// runsBack ends looking further back once so many runs were read: a build may
	// have any number of tests.
	runsBack = 100_000
)

// place is what makes tests of builds alike comparable.
type place struct{ path, platform string }

// past is how the tests of builds before ended.
type past struct {
	unread  []string // builds, newest first
	runs    int      // that were read
	results map[place]result
}

// result is how a test ended.
type result struct {
	status report.Status
	start  time.Time
}

// tellsMore reports whether a result is to be preferred to one of the same test and
// build: a conclusive one, and then the later one.
func (r result) tellsMore(than result) bool {
	if mine, its := facts.Conclusive(r.status), facts.Conclusive(than.status); mine != its {
		return mine
	}
	return !r.start.Before(than.start)
}

// Before is the status of the last run of the test that was conclusive, see
// facts.Conclusive, or without such a run of the last one. Runs are those with the
// same path and platform, in the last ten builds of the same origin, architecture
// and configuration, of earlier checkouts of the same repository and branch. It is
// "" if it did not run in them, or had no status.
func (t *Test) Before() (report.Status, error) {
	like, ok := t.Build().like()
	if !ok {
		return "", nil
	}
	p, err := t.g.pastOf(like)
	if err != nil {
		return "", err
	}
	at := place{t.Path(), t.Platform()}
	for !facts.Conclusive(p.results[at].status) && len(p.unread) > 0 {
		if err := t.g.readPast(p); err != nil {
			return "", err
		}
	}
	return p.results[at].status, nil
}

// pastOf returns the builds before, of which none is read at first.
func (g *Graph) pastOf(like store.Like) (*past, error) {
	if p := g.earlier[like]; p != nil {
		return p, nil
	}
	builds, err := g.store.Previous(g.ctx, like, buildsBack)
	if err != nil {
		return nil, g.fail(err)
	}
	p := &past{unread: builds, results: map[place]result{}}
	g.earlier[like] = p
	return p, nil
}

// readPast reads the newest of the builds that were not read. Its results count for
// tests without a conclusive result in newer ones.
func (g *Graph) readPast(p *past) error {
	build := map[place]result{}
	for o, err := range g.store.Outcomes(g.ctx, p.unread[:1]) {
		if err != nil {
			return g.fail(err)
		}
		p.runs++
		at, one := place{o.Path, o.Platform}, result{o.Status, o.Start}
		if seen, ok := build[at]; !ok || one.tellsMore(seen) {
			build[at] = one
		}
	}
	for at, one := range build {
		if newer, ok := p.results[at]; !ok || facts.Conclusive(one.status) && !facts.Conclusive(newer.status) {
			p.results[at] = one
		}
	}
	if p.unread = p.unread[1:]; p.runs >= runsBack {
		p.unread = nil
	}
	return nil
}

// Before is the status of the last build that was conclusive, see facts.Conclusive,
// or without such a build of the last one. Builds are the last ten of the same
// origin, architecture and configuration, of earlier checkouts of the same repository
// and branch.
func (b *Build) Before() (report.Status, error) {
	like, ok := b.like()
	if !ok {
		return "", nil
	}
	builds, err := b.g.store.Previous(b.g.ctx, like, buildsBack)
	if err != nil || len(builds) == 0 {
		return "", b.g.fail(err)
	}
	ids := make([]object.ID, len(builds))
	for i, id := range builds {
		ids[i] = object.ID{id}
	}
	if _, err := b.g.match(object.Of(object.TypeBuild, ids...)); err != nil {
		return "", err
	}
	for _, id := range builds {
		if status := b.g.Build(id).Outcome(); facts.Conclusive(status) {
			return status, nil
		}
	}
	return b.g.Build(builds[0]).Outcome(), nil
}
