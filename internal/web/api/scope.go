// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/kcidb-go/kcidb/internal/rollup"
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

// place is where an item of a list belongs.
type place struct {
	checkout *report.Checkout
	seen     []sighting // in the item
}

// summarize counts what the scope holds and the filters want, and tells what there
// is to filter by, whatever they want. nil filters want all.
func (a *API) summarize(ctx context.Context, sc scope, f *filters) (summary, summaryFilters, error) {
	panic("not yet")
}

// eachBuild calls do for each build of the scope that the filters want, in the
// order of checkouts, and by ID within one.
func (a *API) eachBuild(ctx context.Context, sc scope, f *filters, do func(BuildItem, place) error) error {
	panic("not yet")
}

// eachTest calls do for each boot, or each other test, of the scope that the filters
// want: build by build, in the order of eachBuild, and by path within one. They are
// read while do is called. With full an item has all that is told of its environment.
func (a *API) eachTest(ctx context.Context, sc scope, f *filters, kind rollup.Kind, full bool, do func(TestItem, place) error) error {
	panic("not yet")
}

// buildItems returns the builds of the scope that the filters want.
func (a *API) buildItems(ctx context.Context, sc scope, f *filters) ([]BuildItem, error) {
	panic("not yet")
}

// writeTests writes {"boots": [...]} or {"tests": [...]} of the scope.
func (a *API) writeTests(ctx context.Context, sc scope, f *filters, kind rollup.Kind, full bool, w io.Writer) error {
	panic("not yet")
}
