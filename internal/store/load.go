// SPDX-License-Identifier: Apache-2.0

package store

import (
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// LoadOptions say what Load does beyond merging objects.
type LoadOptions struct {
	// Metadata keeps the Timestamp of objects, instead of the time of loading. An
	// object without a Timestamp keeps the Timestamp it has in the database, and its
	// values win; if the object is new to the database, it gets the time of loading.
	Metadata bool
	// Arrival is the time of loading. If it is zero, the time of loading is the Clock
	// Next of the database.
	Arrival time.Time
	// Receipts are of the submissions that are loaded. They are kept in the same
	// transaction. A Sink that does not implement Store ignores them.
	Receipts []Receipt
	// Reports are the reports of the Receipts, one each, and together the report that is
	// loaded. With them Load keeps what became of each object (Receipt.Details), and settles
	// the objects in the tray that the reports correct. A Sink without a tray ignores them.
	Reports []*report.Report
	// Rejected are objects of the submissions that are not loaded. They wait in the tray
	// (package tray) from the same transaction on. A Sink without a tray ignores them.
	Rejected []Rejected
	// Note keeps the changes for the notifier, in the same transaction, if there is a
	// notifier (see package spool). A database without a spool ignores it.
	Note bool
	// Bulk: the load is one of few that are large, so that a driver may choose a way that
	// costs less per object and takes longer to begin. See Bulker.
	Bulk bool
}

// List is a list of objects in a report.
type List string

// The lists, in the order of the graph.
const (
	Checkouts List = "checkouts"
	Builds    List = "builds"
	Tests     List = "tests"
	Issues    List = "issues"
	Incidents List = "incidents"
)

// Lists are all lists, in the order Dump and Query return them.
var Lists = []List{Checkouts, Builds, Tests, Issues, Incidents}

// Key identifies an object within its list.
type Key struct {
	ID      string
	Version int // of an issue; 0 for other objects
}

// Change is an object that a Load created or changed.
type Change struct {
	List    List
	Key     Key
	Created bool
	// Was and Now are the status of a build or a test before and after, "" without a
	// status.
	Was, Now report.Status
}

// Changes are the objects a Load created or changed, each once. They leave out objects
// that only got another timestamp.
type Changes struct {
	Objects []Change
}

// Receipt says what became of a submission.
type Receipt struct {
	ID       string    // of the submission
	Origin   string    // of the submitter, "" if the service did not ask
	Token    string    // ID of the submitter's token, "" if the service did not ask; BigQuery does not keep it
	Received time.Time // when the service received the submission
	Finished time.Time // when the submission was loaded or given up
	Bytes    int64     // of the report as received, decompressed
	Digest   string    // SHA-256 of the report as received, in hexadecimal digits, "" if unknown; BigQuery does not keep it
	Objects  int       // in the report, without those that were rejected
	Version  string    // of the report as received, such as "5.3"; "" if it is unknown
	Rejected int       // objects of the report that were not loaded
	Failure  string    // why the submission was given up; "" if it was loaded
	// Details say what became of the objects that were loaded. Load fills in Loaded, see
	// LoadOptions.Reports.
	Details Details
}

// Rejected is an object of a submission that was not loaded, because it has faults.
type Rejected struct {
	Submission string         // its ID
	Origin     string         // of the submitter
	Received   time.Time      // when the service received the submission
	List       string         // in which the report has the object
	Place      int            // in that list, from 0
	ID         string         // of the object, "" if it has none
	Document   []byte         // a report with the object alone, in the version of the report
	Faults     []report.Fault // at least one
}

// Sifted notes the outcome of report.Sift in a receipt, and returns the rejected objects.
func (r *Receipt) Sifted(s *report.Sifted) (rejected []Rejected) {
	r.Version, r.Objects, r.Rejected = s.Version.String(), s.Objects, len(s.Rejected)
	r.Details = Details{Repairs: s.Repairs, MoreRepairs: -len(s.Repairs)}
	for _, n := range s.Counts {
		r.Details.MoreRepairs += n
	}
	for i := range s.Rejected {
		o := &s.Rejected[i]
		rejected = append(rejected, Rejected{
			Submission: r.ID, Origin: r.Origin, Received: r.Received,
			List: o.List, Place: o.Index, ID: o.ID, Document: o.Document, Faults: o.Faults,
		})
	}
	return rejected
}
