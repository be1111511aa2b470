// SPDX-License-Identifier: Apache-2.0

package object

import "github.com/kcidb-go/kcidb/report"

// Revision is the code that was tested: all checkouts with the same commit and
// the same patches on it.
type Revision struct {
	GitCommitHash string
	PatchsetHash  string            // "" for none
	GitCommitName *string           // the first that a checkout has
	PatchsetFiles []report.Resource // the first that a checkout has
}

// Issue is what the versions of an issue have in common.
type Issue struct {
	ID     string
	Origin string
}

// Set is some objects of any types. What a report calls issues are the issue
// versions.
type Set struct {
	Revisions []Revision
	Issues    []Issue
	Report    report.Report
}
