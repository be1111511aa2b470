// SPDX-License-Identifier: Apache-2.0

// Package storetest tests that a driver keeps the contract of package store.
//
// A driver's own test declares what the driver can do and how to make an empty
// database, and calls Run. Run skips, with a message, what the driver declares that
// it cannot do.
package storetest

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Capabilities are the differences between drivers.
type Capabilities struct {
	Store       bool // it is a store.Store, so that it keeps what is loaded
	Initialized bool // a database has its schema from the start, and Init always fails
	Permanent   bool // the schema cannot be removed
	Snapshots   bool // a dump shows the database of one moment
	Purges      bool // Purge removes objects
	Several     bool // the driver knows more than one schema
	JSONValues  bool // free objects come back as the same values, which may be written differently
	SQL         bool // it is a sqldb.Source: it keeps roll-ups, and notes changes for its spool
	Roles       bool // it is a store.RoleMaker
	Lag         bool // it is a store.Lagger
	Bulk        bool // it is a store.Bulker
	Compacts    bool // it is a store.Compacter
	Locks       bool // it is a store.Locker
	Backups     bool // it is a store.Backuper
	Estimates   bool // it is a store.Estimator
	FindsLoaded bool // it is a store.LoadedFinder
	Blind       bool // a load returns all its objects as changes, without their state before
	Days        bool // Purge removes all objects of a day at once, however many there are
	// Slow: a call takes so long that the suite asks fewer questions, above all fewer of
	// those that package walk answers for the driver.
	Slow bool
	// Reopen closes a store and opens its database again, until the end of the
	// test; nil if closing the store removes the database.
	Reopen func(t *testing.T, s store.Sink) store.Sink
	// Ready returns an empty database with the newest schema, until the end of the test,
	// and takes less time than Open and Init. May be nil.
	Ready Open
}

// Open returns a new and empty database. After the test it closes and removes the
// database.
type Open func(t *testing.T) store.Sink

// Run tests the databases that open returns.
func Run(t *testing.T, open Open, can Capabilities) {
	t.Parallel()
	s := suite{open, can}
	run(t, s.cases(), can.Slow)
}

// RunQuestions tests only how the databases answer, and not how they keep objects.
func RunQuestions(t *testing.T, open Open, can Capabilities) {
	t.Parallel()
	s := suite{open, can}
	asking := []string{"Errors", "Query", "QueryConformance", "Patterns", "Outcomes", "Runs", "Previous", "PagesReplaced", "PagesReloaded", "Closed"}
	run(t, slices.DeleteFunc(s.cases(), func(c testCase) bool { return !slices.Contains(asking, c.name) }), can.Slow)
}

// testCase is a part of the suite, if the driver can do what it tests.
type testCase struct {
	name string
	can  bool
	run  func(*testing.T)
}

func (s suite) cases() []testCase {
	can := s.can
	return []testCase{
		{"Lifecycle", true, s.lifecycle},
		{"Upgrade", can.Several, s.upgrade},
		{"Errors", true, s.errors},
		{"Capabilities", true, s.capabilities},
		{"Load", can.Store, s.load},
		{"Merge", can.Store, s.merge},
		{"Order", can.Store, s.order},
		{"Texts", can.Store, s.texts},
		{"Names", can.Store, s.names},
		{"Changes", can.Store && !can.Blind, s.changes},
		{"Dump", can.Store, s.dump},
		{"RoundTrip", can.Store, s.roundTrip},
		{"Extremes", can.Store, s.extremes},
		{"Query", can.Store, s.query},
		{"QueryConformance", can.Store, s.queryConformance},
		{"Patterns", can.Store, s.patterns},
		{"Outcomes", can.Store, s.outcomes},
		{"Runs", can.Store, s.runs},
		{"Previous", can.Store, s.previous},
		{"Tags", can.SQL, s.tags},
		{"Issues", can.SQL, s.issues},
		{"Variants", can.SQL, s.variants},
		{"VerdictsAround", can.SQL, s.verdictsAround},
		{"Senders", can.SQL, s.senders},
		{"Notes", can.SQL, s.notes},
		{"Rollups", can.SQL, s.rollups},
		{"RollupsCost", can.SQL, s.rollupsCost},
		{"Verdicts", can.SQL, s.verdicts},
		{"VerdictChanges", can.SQL, s.verdictChanges},
		{"VerdictOrder", can.SQL, s.verdictOrder},
		{"VerdictKeys", can.SQL, s.verdictKeys},
		{"VerdictGroups", can.SQL, s.verdictGroups},
		{"VerdictErrors", can.SQL, s.verdictErrors},
		{"VerdictQuestions", can.SQL, s.verdictQuestions},
		{"Search", can.SQL, s.search},
		{"Submissions", can.SQL, s.submissions},
		{"VerdictCost", can.SQL, s.verdictCost},
		{"VerdictPace", can.SQL, s.verdictPace},
		{"Hardware", can.SQL, s.hardware},
		{"Health", can.SQL, s.health},
		{"VerdictComparison", can.SQL, s.verdictComparison},
		{"Purge", can.Store && can.Purges, s.purge},
		{"PurgeKeeping", can.Store && can.Purges, s.purgeKeeping},
		{"PurgeBatches", can.Store && can.Purges && !can.Days, s.purgeBatches},
		{"PagesReplaced", can.Store && can.Purges && !can.Slow, s.pagesReplaced},
		{"PagesReloaded", can.Store && can.Purges && !can.Slow, s.pagesReloaded},
		{"Backup", can.Backups && can.Snapshots, s.backup},
		{"NoPurge", !can.Purges, s.noPurge},
		{"Time", true, s.time},
		{"Receipts", can.Store, s.receipts},
		{"Ledger", can.SQL, s.ledger},
		{"LedgerConcurrency", can.SQL, s.ledgerConcurrency},
		{"ReceiptDetails", can.SQL, s.receiptDetails},
		{"ReceiptList", can.SQL, s.receiptList},
		{"Tray", can.SQL, s.tray},
		{"TrayCorrections", can.SQL, s.trayCorrections},
		{"Concurrency", can.Store, s.concurrency},
		{"Cancel", can.Store, s.cancel},
		{"Closed", can.Store, s.closed},
	}
}

func run(t *testing.T, cases []testCase, slow bool) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if !c.can {
				t.Skip("the driver does not do this, as it declares")
			}
			if testing.Short() && slices.Contains(leftOut, c.name) {
				t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
			}
			if testing.Short() && slow && !slices.Contains(concurrent, c.name) {
				t.Skip("it has one goroutine, and the database is slow")
			}
			t.Parallel()
			c.run(t)
		})
	}
}

// leftOut are the cases that short runs leave out.
var leftOut = []string{"Merge", "Extremes", "QueryConformance", "Patterns", "PagesReplaced", "PagesReloaded", "PurgeBatches"}

// concurrent are the cases that short runs keep of slow databases.
var concurrent = []string{"Lifecycle", "Load", "Concurrency", "Cancel", "Closed"}

type suite struct {
	open Open
	can  Capabilities
}

// ready returns an empty database with a schema.
func (s suite) ready(t *testing.T) store.Sink {
	t.Helper()
	if s.can.Ready != nil {
		return s.can.Ready(t)
	}
	db := s.open(t)
	if !s.can.Initialized {
		if err := db.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// few returns n, or less if the database is slow.
func (s suite) few(n, less int) int {
	if s.can.Slow {
		return less
	}
	return n
}

// store returns an empty database as a store.
func (s suite) store(t *testing.T) store.Store {
	t.Helper()
	return requireAs[store.Store](t, s.ready(t))
}

//go:embed testdata
var testdata embed.FS

// moment returns the time n seconds after one of no importance.
func moment(n int) time.Time {
	return time.Date(2025, 7, 1, 12, 0, n, 0, time.UTC)
}

func mustLoad(t *testing.T, db store.Sink, r *report.Report, opts store.LoadOptions) *store.Changes {
	t.Helper()
	changes, err := db.Load(t.Context(), r, opts)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// collect puts the reports together.
func collect(reports func(yield func(*report.Report, error) bool)) (*report.Report, error) {
	all := &report.Report{}
	for r, err := range reports {
		if err != nil {
			return all, err
		}
		all.Append(r)
	}
	return all, nil
}

// dumpAll returns all objects of the database in order.
func dumpAll(t *testing.T, db store.Sink, metadata bool) *report.Report {
	t.Helper()
	r, err := collect(db.Dump(t.Context(), store.DumpOptions{Metadata: metadata}))
	if err != nil {
		t.Fatal(err)
	}
	return sorted(r)
}

// sorted returns the objects in the order of their IDs.
func sorted(r *report.Report) *report.Report {
	s := &report.Report{}
	s.Append(r)
	slices.SortFunc(s.Checkouts, func(a, b report.Checkout) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Builds, func(a, b report.Build) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Tests, func(a, b report.Test) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Issues, func(a, b report.Issue) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	slices.SortFunc(s.Incidents, func(a, b report.Incident) int { return strings.Compare(a.ID, b.ID) })
	return s
}

// expect fails the test where two reports differ in anything but the order of
// objects.
func (s suite) expect(t *testing.T, got, want *report.Report) {
	t.Helper()
	if diff := gocmp.Diff(sorted(want), sorted(got), s.comparing()); diff != "" {
		t.Errorf("objects differ (-want +got):\n%s", diff)
	}
}

// comparing is how objects are compared.
func (s suite) comparing() gocmp.Options {
	if s.can.JSONValues {
		return gocmp.Options{gocmp.Transformer("JSON", jsonValue)}
	}
	return nil
}

// jsonValue returns what a JSON text says, with numbers as they are written.
func jsonValue(text json.RawMessage) (value any) {
	if len(text) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return err
	}
	return value
}

// keys returns the identities of all objects, in the order of the lists.
func keys(r *report.Report) map[store.List][]store.Key {
	k := make(map[store.List][]store.Key)
	for list, key := range store.Keys(r) {
		k[list] = append(k[list], key)
	}
	return k
}
