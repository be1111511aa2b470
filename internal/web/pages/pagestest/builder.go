// SPDX-License-Identifier: Apache-2.0

package pagestest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Builder builds a report. Objects arrive when their checkout starts.
type Builder struct{ report.Report }

// Checkout adds the checkout of a branch at a revision that started hours before Now. Its
// commit has the name NAME and a hash made of it. It returns the ID.
func (b *Builder) Checkout(origin, tree, branch, name string, hours float64) string {
	at := Now.Add(-time.Duration(hours * float64(time.Hour)))
	id := fmt.Sprintf("%s:%s.%s.%s", origin, tree, branch, name)
	b.Checkouts = append(b.Checkouts, report.Checkout{
		ID: id, Origin: origin, TreeName: &tree, GitRepositoryBranch: &branch, GitRepositoryURL: new("https://git.example.org/" + tree + ".git"),
		GitCommitHash: new(Hash(tree + name)), GitCommitName: &name, PatchsetHash: new(""), StartTime: &at, Timestamp: &at,
	})
	return id
}

// Hash returns the hash of a commit, made of a text.
func Hash(text string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:40]
}

// Build adds a build "ARCHITECTURE CONFIG COMPILER" to the last checkout, and returns its
// ID.
func (b *Builder) Build(name, status string) string {
	c := &b.Checkouts[len(b.Checkouts)-1]
	parts := strings.Fields(name)
	id := fmt.Sprintf("%s.%d", c.ID, len(b.Builds))
	b.Builds = append(b.Builds, report.Build{
		ID: id, Origin: c.Origin, CheckoutID: c.ID, Status: new(report.Status(status)),
		Architecture: &parts[0], ConfigName: &parts[1], Compiler: &parts[2], StartTime: c.StartTime, Timestamp: c.Timestamp,
	})
	return id
}

// Test adds a test to the last build.
func (b *Builder) Test(path, platform, lab, status string) *report.Test {
	build := &b.Builds[len(b.Builds)-1]
	environment, _ := json.Marshal(map[string]string{"platform": platform})
	misc, _ := json.Marshal(map[string]string{"runtime": lab})
	b.Tests = append(b.Tests, report.Test{
		ID: fmt.Sprintf("%s.%d", build.ID, len(b.Tests)), Origin: build.Origin, BuildID: build.ID, Path: &path, Status: new(report.Status(status)),
		Environment: &report.Environment{Misc: environment}, Misc: misc, StartTime: build.StartTime, Timestamp: build.Timestamp,
	})
	return &b.Tests[len(b.Tests)-1]
}

// Known adds an incident that ties the last test to an issue.
func (b *Builder) Known(issue string) {
	t := &b.Tests[len(b.Tests)-1]
	b.Incidents = append(b.Incidents, report.Incident{
		ID: fmt.Sprintf("%s:i%d", t.Origin, len(b.Incidents)), Origin: t.Origin, IssueID: issue, IssueVersion: 1, TestID: &t.ID, Present: new(true), Timestamp: t.Timestamp,
	})
}
