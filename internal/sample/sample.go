// SPDX-License-Identifier: Apache-2.0

// Package sample makes up reports as CI systems send them, for trying KCIDB out
// and for testing and measuring it without anybody's data.
//
// A small world is simulated: trees get new revisions; several CI systems
// check them out, build configurations of them, and run suites on the machines
// of their labs. Code regresses and is fixed some revisions later, tests are flaky
// on one board and lack a feature on another, labs break down for some hours, issues
// are filed and incidents tied to them. Reports come in the order they would arrive:
// those of several checkouts between one another, some objects twice, some
// parents after their children, and a few never.
//
// The same Options give the same reports, on every machine and with every version
// of Go: a test keeps the checksum. What there is to build and test comes from
// the tables in catalogue/, whose sizes and shares follow real reports. Names of
// trees, suites and boards are real ones; labs, hosts, people, code and results are
// not.
//
// Memory does not grow with the number of reports: only the checkouts under way
// are held, as what is still to be done, not as objects.
package sample

import (
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Options say what to make up.
type Options struct {
	Seed      uint64    // another seed gives another history
	Checkouts int       // number of distinct checkouts; each brings some 2,000 objects
	Since     time.Time // when the first revision appears; DefaultSince where zero
}

// DefaultSince is the beginning of the history where Options name none. It does
// not move, so that the same seed gives the same bytes tomorrow.
var DefaultSince = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)

// Reports returns the reports in the order they arrive, from one object to some
// thousands each. All are valid.
//
// Reports are the caller's to keep, but their objects share strings, slices and
// what pointers point at: replace those rather than write through them.
func Reports(o Options) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		w := newWorld(o)
		for w.checkouts > 0 {
			rev := w.nextRevision()
			if !w.agenda.runUntil(rev.at, yield) {
				return
			}
			for _, origin := range rev.branch.origins[:min(len(rev.branch.origins), w.checkouts)] {
				w.checkouts--
				w.takeUp(rev, origin)
			}
		}
		w.agenda.runAll(yield)
	}
}

// world is the state of the simulation.
type world struct {
	*catalogue
	seed      uint64
	dice      *dice     // decides what the next revision is; everything else has its own
	now       time.Time // of the latest revision
	began     time.Time
	firstOut  string // the lab that is down on the first day, so that the shortest histories show an outage
	lines     []*line
	plans     map[planKey]plan
	checkouts int // still to be taken up
	agenda    agenda
}

// newWorld returns the world before its first revision.
func newWorld(o Options) *world {
	w := &world{
		catalogue: loadCatalogue(), seed: o.Seed, dice: newDice(o.Seed), now: o.Since.UTC(),
		plans: map[planKey]plan{}, checkouts: o.Checkouts,
	}
	if o.Since.IsZero() {
		w.now = DefaultSince
	}
	w.began = w.now
	w.firstOut = w.platforms[w.dice.n(len(w.platforms)/2)].lab
	for _, b := range w.branches {
		w.lines = append(w.lines, &line{branch: b})
	}
	return w
}
