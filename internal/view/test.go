// SPDX-License-Identifier: Apache-2.0

package view

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Test is a view of a test.
type Test struct {
	report.Test
	w     *World
	known bool
	extra members // of its misc
	where members // of its environment's
	seen  sightings

	platform, lab told
}

// Test returns the view of the test with the ID.
func (w *World) Test(id string) *Test {
	t := w.tests[id]
	if t == nil {
		t = &Test{w: w, Test: report.Test{ID: id}}
		w.tests[id] = t
	}
	return t
}

// Ref names the test.
func (t *Test) Ref() object.Ref {
	return object.TestRef(t.Test.ID)
}

// Known tells whether the test is in the database.
func (t *Test) Known() bool { return t.known }

// Build is what was tested.
func (t *Test) Build() *Build { return t.w.Build(t.BuildID) }

// Path is the dotted name of the test.
func (t *Test) Path() string { return text(t.Test.Path) }

// Outcome is how it ended.
func (t *Test) Outcome() report.Status { return value(t.Test.Status) }

// Status is how it ended.
func (t *Test) Status() (string, error) { return string(t.Outcome()), nil }

// Platform is the machine it ran on, as object.Platform has it.
func (t *Test) Platform() string {
	if t.Environment == nil {
		return ""
	}
	return t.platform.by(object.Platform, t.Environment.Misc)
}

// Lab is where it ran, as object.Lab has it, and Reason why it failed, as
// object.Reason has it.
func (t *Test) Lab() string    { return t.lab.by(object.Lab, t.Misc) }
func (t *Test) Reason() string { return object.Reason(t.Misc) }

// Compatible are the device-tree compatibles of the machine.
func (t *Test) Compatible() []string {
	if t.Environment == nil {
		return nil
	}
	return t.Environment.Compatible
}

// Start is when it began, and Took how long it took.
func (t *Test) Start() time.Time    { return value(t.StartTime) }
func (t *Test) Took() time.Duration { return seconds(t.Duration) }

// Log and Excerpt are the URL of the log, and the part of it that matters.
func (t *Test) Log() string     { return text(t.LogURL) }
func (t *Test) Excerpt() string { return text(t.LogExcerpt) }

// Remark is the comment.
func (t *Test) Remark() string { return text(t.Comment) }

// Extra is what else is known of it, and EnvironmentExtra of where it ran.
func (t *Test) Extra() map[string]any { return t.extra.parsed(t.Misc) }
func (t *Test) EnvironmentExtra() map[string]any {
	if t.Environment == nil {
		return nil
	}
	return t.where.parsed(t.Environment.Misc)
}

// Issues are the issues seen in the test.
func (t *Test) Issues() ([]*Sighting, error) { return t.seen.of(t.w, t.Ref()) }

// place is what makes tests of builds alike comparable.
type place struct{ path, platform string }

// buildsBack is how many builds before are looked at for the last run of a test.
const buildsBack = 3

// Before is the status that the test had the last time it ran before: with the
// same path and platform, in a build of the same origin, architecture and
// configuration, of an earlier checkout of the same repository and branch. It is
// "" where it did not run in the last three of these builds, or had no status.
func (t *Test) Before() (report.Status, error) {
	like, ok := t.Build().like()
	if !ok {
		return "", nil
	}
	results, ok := t.w.earlier[like]
	if !ok {
		var err error
		if results, err = t.w.resultsBefore(like); err != nil {
			return "", err
		}
		t.w.earlier[like] = results
	}
	return results[place{t.Path(), t.Platform()}], nil
}

// resultsBefore returns the last results of all tests in builds before.
func (w *World) resultsBefore(like store.Like) (map[place]report.Status, error) {
	results := map[place]report.Status{}
	builds, err := w.store.Previous(w.ctx, like, buildsBack)
	if err != nil || len(builds) == 0 {
		return results, w.fail(err)
	}
	last := map[place]store.Outcome{} // in the build being read
	take := func() {
		for at, o := range last {
			if _, newer := results[at]; !newer {
				results[at] = o.Status
			}
		}
		clear(last)
	}
	build := ""
	for o, err := range w.store.Outcomes(w.ctx, builds) {
		if err != nil {
			return nil, w.fail(err)
		}
		if o.BuildID != build {
			take()
			build = o.BuildID
		}
		at := place{o.Path, o.Platform}
		if seen, ok := last[at]; !ok || !o.Start.Before(seen.Start) {
			last[at] = o
		}
	}
	take()
	return results, nil
}
