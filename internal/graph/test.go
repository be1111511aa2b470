// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Test is a view of a test.
type Test struct {
	report.Test
	g     *Graph
	known bool
	extra members // of its misc
	where members // of its environment's
	seen  sightings

	platform, lab told
}

// Test returns the view of the test with the ID.
func (g *Graph) Test(id string) *Test {
	t := g.tests[id]
	if t == nil {
		t = &Test{g: g, Test: report.Test{ID: id}}
		g.tests[id] = t
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
func (t *Test) Build() *Build { return t.g.Build(t.BuildID) }

// Path is the dotted name of the test.
func (t *Test) Path() string { return text(t.Test.Path) }

// Outcome is how it ended.
func (t *Test) Outcome() report.Status { return value(t.Test.Status) }

// Status is how it ended.
func (t *Test) Status() (string, error) { return string(t.Outcome()), nil }

// Platform is the machine it ran on, as facts.Platform has it.
func (t *Test) Platform() string {
	if t.Environment == nil {
		return ""
	}
	return t.platform.by(facts.Platform, t.Environment.Misc)
}

// Lab is where it ran, as facts.Lab has it, and Reason why it failed, as
// facts.Reason has it.
func (t *Test) Lab() string    { return t.lab.by(facts.Lab, t.Misc) }
func (t *Test) Reason() string { return facts.Reason(t.Misc) }

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
func (t *Test) Issues() ([]*Sighting, error) { return t.seen.of(t.g, t.Ref()) }
