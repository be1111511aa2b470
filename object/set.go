// SPDX-License-Identifier: Apache-2.0

package object

import "github.com/kcidb-go/kcidb/report"

// Revision is the code that was tested: all checkouts with the same commit and
// the same patches on it.
type Revision struct {
	GitCommitHash string
	PatchsetHash  string            // "" without patches
	GitCommitName *string           // the first that a checkout has
	PatchsetFiles []report.Resource // the first that a checkout has
}

// VisitFields visits the fields of the revision, as those of a report.Object.
func (r *Revision) VisitFields(v report.FieldVisitor) {
	v.Text("git_commit_hash", &r.GitCommitHash)
	v.Text("patchset_hash", &r.PatchsetHash)
	v.OptText("git_commit_name", &r.GitCommitName)
	v.Resources("patchset_files", &r.PatchsetFiles)
}

// Issue has the properties that the versions of an issue share.
type Issue struct {
	ID     string
	Origin string
}

// VisitFields visits the fields of the issue, as those of a report.Object.
func (i *Issue) VisitFields(v report.FieldVisitor) {
	v.Text("id", &i.ID)
	v.Text("origin", &i.Origin)
}

// Set holds objects of any types. Objects of TypeIssue are in Issues. Objects of
// TypeIssueVersion are in Report.Issues, because reports call them issues.
type Set struct {
	Revisions []Revision
	Issues    []Issue
	Report    report.Report
}
