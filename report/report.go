// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"time"
)

// Report is a set of objects in the latest version of the schema.
//
// Required properties are values; optional ones are pointers, slices or JSON
// text, and nil means that the property is absent. An empty slice is a
// property that is present and empty.
type Report struct {
	Checkouts []Checkout
	Builds    []Build
	Tests     []Test
	Issues    []Issue
	Incidents []Incident
}

// Count returns the number of objects in the report.
func (r *Report) Count() int {
	return len(r.Checkouts) + len(r.Builds) + len(r.Tests) + len(r.Issues) + len(r.Incidents)
}

// Append adds the objects of other behind those of r. Nothing is copied deeply
// and nothing is merged: an object in both is in the result twice.
func (r *Report) Append(other *Report) {
	r.Checkouts = append(r.Checkouts, other.Checkouts...)
	r.Builds = append(r.Builds, other.Builds...)
	r.Tests = append(r.Tests, other.Tests...)
	r.Issues = append(r.Issues, other.Issues...)
	r.Incidents = append(r.Incidents, other.Incidents...)
}

// StripTimestamps takes the metadata out of the report: when its objects last
// changed in a database.
func (r *Report) StripTimestamps() { r.setTimestamps(nil) }

// SetTimestamps sets the metadata of the report: its objects arrived at the time
// given.
func (r *Report) SetTimestamps(at time.Time) { r.setTimestamps(&at) }

func (r *Report) setTimestamps(at *time.Time) {
	for i := range r.Checkouts {
		r.Checkouts[i].Timestamp = at
	}
	for i := range r.Builds {
		r.Builds[i].Timestamp = at
	}
	for i := range r.Tests {
		r.Tests[i].Timestamp = at
	}
	for i := range r.Issues {
		r.Issues[i].Timestamp = at
	}
	for i := range r.Incidents {
		r.Incidents[i].Timestamp = at
	}
}

// Checkout is a kernel source tree as a CI system checked it out, patches
// included.
type Checkout struct {
	ID                     string          // "ORIGIN:...", unique among checkouts
	Origin                 string          // the CI system that sent it
	TreeName               *string         // well-known name of the tree, "mainline"
	GitRepositoryURL       *string         // https URL
	GitCommitHash          *string         // 40 hex digits
	GitCommitName          *string         // as "git describe" prints it
	GitCommitTags          []string        // annotated tags pointing at the commit
	GitCommitMessage       *string         // the commit's whole message
	GitRepositoryBranch    *string         // the branch checked out
	GitRepositoryBranchTip *bool           // whether the commit was the branch's tip
	PatchsetFiles          []Resource      // patches applied, in order
	PatchsetHash           *string         // 64 hex digits, or "" for no patches
	MessageID              *string         // Message-ID of the e-mail with the patches
	Comment                *string         // a remark for people
	StartTime              *time.Time      // when the CI system began with it
	OriginBuildsFinishTime *time.Time      // when the origin had all builds done
	OriginTestsFinishTime  *time.Time      // when the origin had all tests done
	LogURL                 *string         // log of checking out and patching
	LogExcerpt             *string         // the part of it that matters, at most 16384 characters
	Valid                  *bool           // whether checking out and patching succeeded
	Misc                   json.RawMessage // anything else, a JSON object
	Timestamp              *time.Time      // metadata: when it last changed in a database
}

// Build is a kernel built from a checkout.
type Build struct {
	ID           string          // "ORIGIN:...", unique among builds
	Origin       string          // the CI system that sent it
	CheckoutID   string          // the checkout it was built from
	Comment      *string         // a remark for people
	StartTime    *time.Time      // when the build began
	Duration     *float64        // seconds
	Architecture *string         // as in the kernel's tree and its tools, "arm64"
	Command      *string         // the shell command that built it
	Compiler     *string         // name and version
	InputFiles   []Resource      // what went in
	OutputFiles  []Resource      // what came out
	ConfigName   *string         // name of the configuration, "defconfig"
	ConfigURL    *string         // the configuration file
	LogURL       *string         // the build log
	LogExcerpt   *string         // the part of it that matters, at most 16384 characters
	Status       *Status         // outcome
	Misc         json.RawMessage // anything else, a JSON object
	Timestamp    *time.Time      // metadata: when it last changed in a database
}

// Test is one run of one test against a build.
type Test struct {
	ID          string          // "ORIGIN:...", unique among tests
	Origin      string          // the CI system that sent it
	BuildID     string          // the build it ran against
	Environment *Environment    // where it ran
	Path        *string         // dotted name: suite.group.test
	Comment     *string         // a remark for people
	LogURL      *string         // the test's log
	LogExcerpt  *string         // the part of it that matters, at most 16384 characters
	Status      *Status         // outcome
	Number      *Number         // a measured value
	StartTime   *time.Time      // when the run began
	Duration    *float64        // seconds
	InputFiles  []Resource      // what went in
	OutputFiles []Resource      // what came out
	Misc        json.RawMessage // anything else, a JSON object
	Timestamp   *time.Time      // metadata: when it last changed in a database
}

// Environment is where a test ran.
type Environment struct {
	Comment    *string         // a remark for people
	Compatible []string        // device-tree compatibles of the machine, most specific first
	Misc       json.RawMessage // anything else, a JSON object; "platform" by custom
}

// Number is a value a test measured.
type Number struct {
	Value  float64 // in Unit, without the prefix's scaling
	Unit   *string // "B/s"; free text
	Prefix *Prefix // which prefixes to show it with
}

// Prefix says which family of unit prefixes a number is shown with.
type Prefix string

// The prefix families: powers of 1000 and powers of 1024.
const (
	PrefixMetric Prefix = "metric"
	PrefixBinary Prefix = "binary"
)

// Issue is a version of a known problem.
type Issue struct {
	ID            string          // "ORIGIN:...", unique together with Version
	Version       int             // a later version replaces an earlier one
	Origin        string          // the CI system that sent it
	ReportURL     *string         // where the problem is discussed
	ReportSubject *string         // subject of that discussion
	Culprit       *Culprit        // what is at fault
	Categories    []string        // dotted names of the kinds of problem
	Comment       *string         // a remark for people
	Misc          json.RawMessage // anything else, a JSON object
	Timestamp     *time.Time      // metadata: when it last changed in a database
}

// Culprit says what is at fault for an issue.
type Culprit struct {
	Code    *bool // the kernel
	Tool    *bool // the tools that build or test it
	Harness *bool // the system that runs them
}

// Incident says whether an issue's version shows in a build or a test.
type Incident struct {
	ID           string          // "ORIGIN:...", unique among incidents
	Origin       string          // the CI system that sent it
	IssueID      string          // the issue
	IssueVersion int             // its version
	BuildID      *string         // the build it shows in
	TestID       *string         // the test it shows in
	Present      *bool           // true: it shows; false: looked for, and not there
	Comment      *string         // a remark for people
	Misc         json.RawMessage // anything else, a JSON object
	Timestamp    *time.Time      // metadata: when it last changed in a database
}

// Resource is a file on the web.
type Resource struct {
	Name string `json:"name"` // file name, without slashes
	URL  string `json:"url"`
}

// Status is the outcome of a build or a test.
type Status string

// The outcomes, worst first.
const (
	StatusFail  Status = "FAIL"  // it ran and found the kernel wanting
	StatusError Status = "ERROR" // it could not be carried out to the end
	StatusMiss  Status = "MISS"  // it was to run, and no result came
	StatusPass  Status = "PASS"  // it ran and found nothing
	StatusDone  Status = "DONE"  // it ran; whether it is well is not judged
	StatusSkip  Status = "SKIP"  // it did not apply
)
