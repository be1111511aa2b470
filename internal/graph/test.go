// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Test is a test, its build and its issues.
type Test struct {
	report.Test
	g           *Graph
	known       bool
	extra       lazyObject // misc
	environment lazyObject // misc of the environment
	seen        seenVersions

	platform, lab lazyText
}

// Test returns the test with the ID.
func (g *Graph) Test(id string) *Test {
	t := g.tests[id]
	if t == nil {
		t = &Test{g: g, Test: report.Test{ID: id}}
		g.tests[id] = t
	}
	return t
}

// Ref returns the reference of the test.
func (t *Test) Ref() object.Ref {
	return object.TestRef(t.Test.ID)
}

// Known reports whether the test is in the database.
func (t *Test) Known() bool { return t.known }

// Build returns the build that was tested.
func (t *Test) Build() *Build { return t.g.Build(t.BuildID) }

// Path returns the dotted name of the test.
func (t *Test) Path() string { return text(t.Test.Path) }

// Outcome returns the status.
func (t *Test) Outcome() report.Status { return value(t.Test.Status) }

// Status returns the status.
func (t *Test) Status() (string, error) { return string(t.Outcome()), nil }

// Platform returns the machine that the test ran on, see facts.Platform.
func (t *Test) Platform() string {
	if t.Environment == nil {
		return ""
	}
	return t.platform.get(facts.Platform, t.Environment.Misc)
}

// Lab returns the lab that the test ran in, see facts.Lab, and Reason why the test
// failed, see facts.Reason.
func (t *Test) Lab() string    { return t.lab.get(facts.Lab, t.Misc) }
func (t *Test) Reason() string { return facts.Reason(t.Misc) }

// Compatible returns the device-tree compatibles of the machine.
func (t *Test) Compatible() []string {
	if t.Environment == nil {
		return nil
	}
	return t.Environment.Compatible
}

// Start returns when the test began, and Took how long it took.
func (t *Test) Start() time.Time    { return value(t.StartTime) }
func (t *Test) Took() time.Duration { return seconds(t.Duration) }

// Log returns the URL of the log, and Excerpt the part of the log that the report
// contains.
func (t *Test) Log() string     { return text(t.LogURL) }
func (t *Test) Excerpt() string { return text(t.LogExcerpt) }

// Remark returns the comment.
func (t *Test) Remark() string { return text(t.Comment) }

// Extra returns the misc object of the test, and EnvironmentExtra that of its
// environment.
func (t *Test) Extra() map[string]any { return t.extra.get(t.Misc) }
func (t *Test) EnvironmentExtra() map[string]any {
	if t.Environment == nil {
		return nil
	}
	return t.environment.get(t.Environment.Misc)
}

// Issues returns the issues seen in the test.
func (t *Test) Issues() ([]*SeenVersion, error) {
	return t.seen.get(t.g, t.Ref(), func(n *Incident) string { return text(n.TestID) })
}
