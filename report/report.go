// SPDX-License-Identifier: Apache-2.0

package report

import "time"

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

// Append appends the objects of other to r. The copies are shallow, and objects are not
// merged: an object in both reports is in the result twice.
func (r *Report) Append(other *Report) {
	r.Checkouts = append(r.Checkouts, other.Checkouts...)
	r.Builds = append(r.Builds, other.Builds...)
	r.Tests = append(r.Tests, other.Tests...)
	r.Issues = append(r.Issues, other.Issues...)
	r.Incidents = append(r.Incidents, other.Incidents...)
}

// SetTimestamps sets the metadata of the report: its objects arrived at the
// given time.
func (r *Report) SetTimestamps(at time.Time) {
	for i := range r.Checkouts {
		r.Checkouts[i].Timestamp = &at
	}
	for i := range r.Builds {
		r.Builds[i].Timestamp = &at
	}
	for i := range r.Tests {
		r.Tests[i].Timestamp = &at
	}
	for i := range r.Issues {
		r.Issues[i].Timestamp = &at
	}
	for i := range r.Incidents {
		r.Incidents[i].Timestamp = &at
	}
}
