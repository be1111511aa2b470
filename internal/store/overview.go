// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Overviewer is a Store that can tell at a glance what is in it.
type Overviewer interface {
	// Overview returns the numbers of objects, and the checkouts that arrived
	// last, at most as many as latest says, newest start first. All numbers are
	// counted already.
	Overview(ctx context.Context, latest int) (Overview, error)
}

// Overview is a database at a glance.
type Overview struct {
	Objects map[List]int64
	Latest  []CheckoutResults
}

// CheckoutResults is a checkout and how its builds and tests ended. Texts
// that the checkout does not have are "", and so is its start the zero time.
type CheckoutResults struct {
	ID, Origin                               string
	TreeName, Branch, CommitHash, CommitName string
	Start                                    time.Time
	Builds, Tests                            Results
}

// Results are numbers of builds or tests by their outcome, "" for none known.
type Results map[report.Status]int64
