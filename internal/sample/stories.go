// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Stories returns reports of the last weeks, up to now, in the order in which they
// arrive: some 20,000 tests. Unlike the reports of Reports, each difference from a
// passing result has a known reason, so that pages and tests of pages can be held to it:
//
//   - storyFaults has the regressions (new, still failing, and fixed at the newest
//     revision), the flaky tests, and the failures that are known issues;
//   - lava-harbour was out for some hours before now: its jobs have no results, "503 Service
//     Unavailable";
//   - a board that does not boot has no other results: "login-action timed out";
//   - the newest revision of mainline is an hour old: its builds are done, and few tests;
//     the newest of arm64 is half an hour old and has builds only;
//   - redhat tested mainline each hour, and then sent nothing for 26 hours;
//   - net-next has patches on top, of which one series does not apply;
//   - tests of rt and perf measure numbers; page_fault1 is slower since storySlow.
//
// Equal times give equal reports. The Timestamp of each object is the time when it
// arrived, never later than now; a database keeps it if it is loaded with metadata.
// As with Reports, callers may keep the reports, but must not write through their pointers.
func Stories(now time.Time) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		t := newTeller(now)
		for _, l := range storyLines(t.now) {
			t.addLine(l)
		}
		for _, i := range storyIssues {
			t.addIssue(i)
		}
		t.agenda.runUntil(t.now, yield)
	}
}

// teller makes the reports of the stories.
type teller struct {
	*world   // its agenda and its words
	now      time.Time
	builds   []storyBuild
	machines []storyMachine
	logs     map[string]string // by the name of the fault
}

// storyBuild is a configuration that trees of a depth or more build.
type storyBuild struct {
	*config
	depth int
}

// storyMachine is a platform that tests a configuration for trees of a depth or
// more.
type storyMachine struct {
	*platform
	depth            int
	config, compiler string
	suites           []*suite
}

// newTeller reads the tables of the stories.
func newTeller(now time.Time) *teller {
	t := &teller{
		world: &world{catalogue: loadCatalogue()},
		now:   now.UTC().Truncate(time.Second),
		logs:  map[string]string{},
	}
	for name, log := range sections("story_logs.txt") {
		t.logs[name] = log
	}
	for _, words := range table("story_builds.txt") {
		for compiler := range strings.SplitSeq(words[4], ",") {
			t.builds = append(t.builds, storyBuild{newConfig(words[0], words[2], words[3], compiler), int(number(words[1]))})
		}
	}
	suites := readSuites("story_suites.txt")
	for _, words := range table("story_machines.txt") {
		m := storyMachine{depth: int(number(words[3])), config: words[5], compiler: words[6]}
		m.platform = &platform{
			key:    hash(strings.Join(words[:3], " ")),
			origin: words[0], lab: blankDash(words[1]), name: words[2], arch: words[4],
			compatible: append([]string(nil), words[8:]...),
		}
		for name := range strings.SplitSeq(words[7], ",") {
			m.suites = append(m.suites, suites[slices.IndexFunc(suites, func(s *suite) bool { return s.path == name })])
		}
		t.machines = append(t.machines, m)
	}
	return t
}

// post makes a report arrive at the time.
func (t *teller) post(at time.Time, r *report.Report) {
	at = at.Truncate(time.Second)
	t.agenda.add(at, func() *report.Report {
		r.SetTimestamps(at)
		return r
	})
}

// minutes returns a duration from low to high minutes, which depends on the keys.
func minutes(low, high int, keys ...uint64) time.Duration {
	seconds := uint64(high-low) * 60
	return time.Duration(low)*time.Minute + time.Duration(hashKeys(keys...)%seconds)*time.Second
}
