// SPDX-License-Identifier: Apache-2.0

package api

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// scope says which objects an answer is about: checkouts, their builds, and the tests
// of these.
type scope struct {
	checkouts []report.Checkout
	builds    []string // of the checkouts; nil for all
	// hardware is a platform or a compatible, "" for any. If it is set, the scope has
	// only the boots and tests on such hardware, and the builds that these tested.
	hardware string
}

// seenIssue is an issue that was seen in a build or a test.
type seenIssue struct {
	issue   string
	version int
}

// results returns the query for the scope in the roll-ups, not read yet.
func (sc *scope) results() *answers.Results {
	r := &answers.Results{Only: sc.builds, Issues: true}
	for i := range sc.checkouts {
		r.Checkouts = append(r.Checkouts, sc.checkouts[i].ID)
	}
	return r
}

// hasHardware reports whether the scope includes tests on a platform with compatibles.
func (sc *scope) hasHardware(platform string, compatibles []string) bool {
	return sc.hardware == "" || platform == sc.hardware || slices.Contains(compatibles, sc.hardware)
}

// byID returns the checkouts by ID.
func (sc *scope) byID() map[string]*report.Checkout {
	all := make(map[string]*report.Checkout, len(sc.checkouts))
	for i := range sc.checkouts {
		all[sc.checkouts[i].ID] = &sc.checkouts[i]
	}
	return all
}

// objectKey identifies a build, or one of its tests. The test is "" for the build.
type objectKey struct{ build, test string }

// issuesByObject returns the issues that were seen in each build and test.
func issuesByObject(all []answers.ObjectIssue) map[objectKey][]seenIssue {
	by := make(map[objectKey][]seenIssue, len(all))
	for i := range all {
		s := &all[i]
		key := objectKey{s.BuildID, s.TestID}
		by[key] = append(by[key], seenIssue{s.IssueID, s.Version})
	}
	return by
}
