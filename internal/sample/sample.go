// SPDX-License-Identifier: Apache-2.0

// Package sample makes up reports like those of real CI systems, to try out,
// test and measure KCIDB without real data.
//
// It simulates a small world. Trees get new revisions. Several CI systems check them
// out, build configurations of them, and run suites on the machines of their labs.
// Code regresses and is fixed some revisions later, tests are flaky on one board and
// lack a feature on another, labs break down for some hours, issues are filed and
// incidents tied to them. Reports come in the order in which they would arrive:
// reports of several checkouts are interleaved, some objects come twice, some
// parents come after their children, and a few never come.
//
// Equal Options give equal reports, on every machine and with every version of Go:
// a test checks the checksum. The tables in catalogue/ list everything that can be
// built and tested; their sizes and shares follow real reports. Names of trees,
// suites and boards are real; labs, hosts, people, code and results are not.
//
// Memory does not grow with the number of reports: only the current checkouts
// are held, and of them only the future events, not the objects.
//
// Stories makes the reports of a smaller world, up to now, in which each failure has a
// known reason: people look at it, and tests of pages use it.
package sample

import (
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Options determine the reports.
type Options struct {
	Seed      uint64    // another seed gives another history
	Checkouts int       // number of distinct checkouts; each adds some 2,000 objects
	Since     time.Time // when the first revision appears; DefaultSince if zero
}

// DefaultSince is the default beginning of the history. It is constant, so that
// a seed gives the same bytes on any day.
var DefaultSince = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)

// Reports returns the reports in the order in which they arrive. A report has
// from one object to some thousands. All reports are valid.
//
// The caller may keep the reports. Their objects share strings, slices and
// pointers: replace these, do not write through them.
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
	dice      *dice     // decides about the next revision; everything else has dice of its own
	now       time.Time // of the latest revision
	began     time.Time
	firstOut  string // the lab with an outage on the first day, so that even the shortest history has an outage
	lines     []*line
	plans     map[planKey]plan
	checkouts int // that are still to be made
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
	w.firstOut = w.platforms[w.dice.intn(len(w.platforms)/2)].lab
	for _, b := range w.branches {
		w.lines = append(w.lines, &line{branch: b})
	}
	return w
}
