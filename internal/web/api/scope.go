// SPDX-License-Identifier: Apache-2.0

package api

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// scope is what a page is about: checkouts, and what belongs to them.
type scope struct {
	checkouts []report.Checkout
	// builds are the only builds of the checkouts that it is about; nil for all.
	builds []string
	// hardware is the platform, or one of the compatibles, of the only boots and
	// tests that it is about, and of the only builds: those that these ran on; ""
	// for any.
	hardware string
}

// sighting is an issue that was seen in a build or a test.
type sighting struct {
	issue   string
	version int64
}

// results returns the question for what the roll-ups know of the scope.
func (sc *scope) results() *rollup.Results {
	r := &rollup.Results{Only: sc.builds, Issues: true}
	for i := range sc.checkouts {
		r.Checkouts = append(r.Checkouts, sc.checkouts[i].ID)
	}
	return r
}

// on tells whether tests on a platform, with compatibles, are of the scope.
func (sc *scope) on(platform string, compatibles []string) bool {
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

// rollups returns the roll-ups of the database.
func (a *API) rollups() *rollup.DB {
	return rollup.Of(a.store)
}

// sighted is a build, or a test of one.
type sighted struct{ build, test string }

// bySighted returns the issues that were seen in builds and tests.
func bySighted(all []rollup.Sighting) map[sighted][]sighting {
	by := make(map[sighted][]sighting, len(all))
	for i := range all {
		s := &all[i]
		in := sighted{s.BuildID, s.TestID}
		by[in] = append(by[in], sighting{s.IssueID, s.Version})
	}
	return by
}
