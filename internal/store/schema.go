// SPDX-License-Identifier: Apache-2.0

package store

import (
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Version is the version of a database schema.
type Version struct{ Major, Minor int }

// Schema is a schema that a driver knows.
type Schema struct {
	Version Version        // of the database schema
	Report  report.Version // of the reports it keeps
}

// Progress reports the progress of long work: the name of the work, the amount that is
// done, and the total amount, 0 if the total is unknown.
type Progress func(work string, done, total int64)

// Report calls p, unless p is nil.
func (p Progress) Report(work string, done, total int64) {
	if p != nil {
		p(work, done, total)
	}
}

// PurgeOptions say what Purge removes.
type PurgeOptions struct {
	// Before is the time of arrival before which objects are removed.
	Before time.Time
	// KeepIncidents keeps incidents of any age. With each it keeps its issue, and the
	// test, build and checkout that the incident is tied to or that these stem from.
	KeepIncidents bool
	// Progress may be nil. It is called between transactions.
	Progress Progress
}

// PurgeBatch is how many objects Purge removes in a transaction at most: a load
// that waits for one such transaction waits for some tenths of a second.
const PurgeBatch = 5000
