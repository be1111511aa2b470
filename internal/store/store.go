// SPDX-License-Identifier: Apache-2.0

// Package store is the contract of a database of reports.
//
// A driver lives in a folder of its own, keeps this contract, and shows it by
// running the suite of package storetest. Package internal/store/all knows
// the drivers by name.
package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// The ways a store fails that a caller acts upon. Drivers wrap them with the
// operation and its subject; anything else is the engine's own error.
var (
	// ErrNotFound: there is no database at the place the specification names.
	ErrNotFound = errors.New("database not found")
	// ErrNotInitialized: the database is there, without a schema in it.
	ErrNotInitialized = errors.New("database not initialized")
	// ErrInitialized: the database has a schema already.
	ErrInitialized = errors.New("database already initialized")
	// ErrOldSchema: the schema is older than this program needs; "kcidb db upgrade" brings it up.
	ErrOldSchema = errors.New("database schema is older than this program needs: run kcidb db upgrade")
	// ErrNewSchema: the schema is newer than this program knows; a newer program is needed.
	ErrNewSchema = errors.New("database schema is newer than this program knows")
	// ErrUnknownSchema: no schema has the version asked for, or it cannot be reached.
	ErrUnknownSchema = errors.New("no such database schema")
	// ErrUnsupported: the driver cannot do this at all.
	ErrUnsupported = errors.New("not supported by this database")
	// ErrBusy: another process holds the database; trying again may help.
	ErrBusy = errors.New("database is in use by another process")
	// ErrFull: there is no room left; nothing of the operation was kept.
	ErrFull = errors.New("no space left for the database")
	// ErrReadOnly: the database cannot be written to.
	ErrReadOnly = errors.New("database is read-only")
	// ErrCorrupt: the files are not, or no longer, a database of ours.
	ErrCorrupt = errors.New("database is damaged or not a KCIDB database")
	// ErrForeign: the database has the schema of the Python system.
	ErrForeign = errors.New("database has the Python system's own schema: " +
		`dump it with that system's kcidb-db-dump, and "kcidb db load --with-metadata" the dump into a new database`)
	// ErrForbidden: the user of the database may not do this.
	ErrForbidden = errors.New("the database's user may not do this")
	// ErrUnavailable: the database's server does not answer, or takes no more connections; trying again may help.
	ErrUnavailable = errors.New("database is not available")
	// ErrTooMuch: more objects are asked for than the question allows.
	ErrTooMuch = errors.New("more objects than may be asked for at a time")
	// ErrNoReceipt: no submission with the ID is known.
	ErrNoReceipt = errors.New("no receipt")
	// ErrLoaded: a submission was loaded before, as its receipt tells.
	ErrLoaded = errors.New("submission was loaded before")
)

// Store is an opened database of reports. All methods may be called
// concurrently. Only Init, Initialized, Schemas, Upgrade, Cleanup and Close
// work while the database is not initialized or has an older schema; the
// others return ErrNotInitialized or ErrOldSchema then. Where there is no
// database at all, Initialized returns false, Init makes it if the driver can,
// and everything else returns ErrNotFound.
type Store interface {
	// Close releases everything the store holds. Iterators still running fail.
	Close() error

	// Initialized tells whether the database has a schema.
	Initialized(ctx context.Context) (bool, error)
	// Init makes the schema v, the newest one for the zero Version.
	// It returns ErrInitialized where there is one.
	Init(ctx context.Context, v Version) error
	// Schemas returns the schemas of the driver, oldest first, and the index
	// of the database's own among them, -1 when it is not initialized.
	Schemas(ctx context.Context) (all []Schema, current int, err error)
	// Upgrade migrates to schema v, the newest one for the zero Version,
	// keeping all objects. A database that has it already is left alone;
	// going to an older one returns ErrUnknownSchema. One that was interrupted
	// goes on where it was. Progress may be nil.
	Upgrade(ctx context.Context, v Version, progress Progress) error
	// Cleanup removes the schema with everything in it.
	// It returns ErrNotInitialized where there is none.
	Cleanup(ctx context.Context) error
	// Empty removes all objects, receipts and other data, keeping the schema.
	Empty(ctx context.Context) error
	// Purge removes what arrived before a time, at most PurgeBatch objects in a
	// transaction, and loads go on in between. It returns ErrUnsupported,
	// whatever the time, where the driver cannot; with the zero time it only
	// tells. One that was interrupted has removed a part, and may be repeated.
	Purge(ctx context.Context, opts PurgeOptions) error

	// Load merges the objects of r into the database in one transaction:
	// after an error nothing of it is there.
	//
	// Objects are merged property by property. A property of the report schema is
	// one value, also number, environment, culprit, and an incident's issue_id with
	// its issue_version. Each value has the time of the object it came with: its
	// Timestamp, or the time of loading, see LoadOptions. The value with the
	// newest time stays; a property that is absent from an object, or has nothing
	// in it, changes nothing. The same value again has the newer time from then on.
	// The object's own timestamp is the newest time of all.
	//
	// So a set of loads leads to the same objects in whatever order they are done,
	// also across restarts, and two stores that had the same loads have the same
	// objects. Where two values have equal times, the one later in r's list stays
	// if both are of one Load, and otherwise the greater one, by an order of values
	// that is the same in all drivers: texts, lists and free objects of tests by
	// the bytes of their text, other free objects by the bytes of their text with the
	// members ordered by the length of their names, then by the names, what is kept once
	// for many tests by its hash, all else by size. The exception are free objects that
	// PostgreSQL cannot keep as they are, see its misc.go (exponents in numbers, -0,
	// more than 400 digits, 100 levels or 16 MiB): of these, two drivers may keep
	// different ones. The
	// order of loading counts only for objects without a time of their own that are
	// loaded with LoadOptions.Metadata. Dump has timestamps of objects, not of their
	// properties: in a database loaded from one, all values are as new as these.
	//
	// Loading the same report again changes nothing but times. Load does not change
	// r. It returns ErrLoaded, and loads nothing, where one of the options' receipts
	// is of a submission that has a receipt of success already.
	// It returns ErrRefused if the engine can never keep the data; after any other
	// error the same report may load later.
	//
	// What report.Decode accepts comes back as it was, numbers in free objects as
	// they are written, but for what says nothing: the order of the members of a
	// free object, the digits of times below a microsecond, and an environment or a
	// culprit without members.
	Load(ctx context.Context, r *report.Report, opts LoadOptions) (*Changes, error)

	Reader
}

// Reader is what reads reports in a Store.
type Reader interface {
	// Dump returns all objects that arrived within the bounds, as reports
	// of opts.PerReport objects at most. The lists come one after the other,
	// checkouts, builds, tests, issues, incidents, so that writers can
	// stream; within a list the order is the driver's, the same each time the
	// same database is asked. All reports but the last have as many objects
	// as they may. What is loaded meanwhile may or may not be seen, but whole
	// transactions only where the driver can. An object whose row is damaged is
	// left out: then the dump ends by an *Unreadable, behind all the others.
	Dump(ctx context.Context, opts DumpOptions) iter.Seq2[*report.Report, error]
	// Query returns the objects asked for, each once, as Dump does.
	// An empty query returns no reports.
	Query(ctx context.Context, q Query) iter.Seq2[*report.Report, error]
	// Time returns a time of the database, and the zero time where there is
	// none, as for the modification times of an empty database.
	Time(ctx context.Context, which Clock) (time.Time, error)
}

// Receipts is a Store that also keeps what became of submissions. It writes, with
// Load, so that a store that wraps others has to be one itself.
type Receipts interface {
	Store
	// Receipt returns the receipt of the submission with the ID, ErrNoReceipt where there is none.
	Receipt(ctx context.Context, id string) (Receipt, error)
	// SaveReceipts keeps receipts of submissions that were not loaded.
	// A receipt of success that is there already stays as it is; one of a
	// failure is replaced, for its submission was put back and tried again.
	SaveReceipts(ctx context.Context, receipts []Receipt) error
	// PurgeReceipts removes receipts of submissions finished before the time given.
	PurgeReceipts(ctx context.Context, before time.Time) error
}

// RoleMaker is a Store whose server tells its users apart by roles: those who
// load and those who only read. It writes, as Receipts does.
type RoleMaker interface {
	Store
	// MakeRoles makes the roles that are not there, and grants them what they
	// need. It returns the statements that somebody with more rights has to run
	// first, where there are any.
	MakeRoles(ctx context.Context) (left []string, err error)
}

// Lagger is a Store that may be a replica of another.
type Lagger interface {
	// Lag returns how far it is behind the database it is a replica of, 0 where
	// it is none.
	Lag(ctx context.Context) (time.Duration, error)
}

// Version is the version of a database schema.
type Version struct{ Major, Minor int }

// Schema is a schema a driver knows.
type Schema struct {
	Version Version        // of the database schema
	Report  report.Version // of the reports it keeps
}

// Progress is told how far long work has come: what is being done, how much of
// it is done, and how much there is, 0 where nobody knows.
type Progress func(what string, done, total int64)

// Tell calls p, where there is one.
func (p Progress) Tell(what string, done, total int64) {
	if p != nil {
		p(what, done, total)
	}
}

// PurgeOptions say what Purge removes.
type PurgeOptions struct {
	// Before: what arrived before is removed.
	Before time.Time
	// KeepIncidents: incidents stay, however old, and with each its issue, and
	// the test, build and checkout that it is tied to or that these stem from.
	KeepIncidents bool
	// Progress may be nil. It is called between transactions.
	Progress Progress
}

// PurgeBatch is how many objects Purge removes in a transaction at most: a load
// that waits for one waits for some tenths of a second.
const PurgeBatch = 5000

// LoadOptions are what Load does besides.
type LoadOptions struct {
	// Metadata: an object's Timestamp is kept, instead of the time of loading.
	// An object that has none keeps the Timestamp it has in the database, and its
	// values win; one that is new to the database gets the time of loading.
	Metadata bool
	// Arrival is the time of loading; the zero time leaves it to the store, whose
	// Next it is then.
	Arrival time.Time
	// Receipts are of the submissions that are loaded, and kept in the same
	// transaction. Drivers that are no Receipts ignore them.
	Receipts []Receipt
	// Note: the changes are noted, in the same transaction, for those who notify
	// people, where somebody watches (see package spool). Drivers that are no
	// Spooler ignore it.
	Note bool
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
	// Was and Now are the status before and after, of a build or a test; "" for
	// none.
	Was, Now report.Status
}

// Changes are the objects a Load created or changed, each once. An object
// that was merged with nothing new in it but its timestamp is not among them.
type Changes struct {
	Objects []Change
}

// DumpOptions bound a dump.
type DumpOptions struct {
	After, Until time.Time // arrival: After < t <= Until; zero for no bound
	Metadata     bool      // objects come with their Timestamp
	PerReport    int       // objects in a report at most; 0 leaves it to the driver
}

// Query says which objects are wanted.
type Query struct {
	Checkouts, Builds, Tests, Incidents []string
	Issues                              []Key
	Parents                             bool // every ancestor of these, too
	Children                            bool // every descendant of these and, with Parents, of their ancestors
	Metadata                            bool // objects come with their Timestamp
	PerReport                           int  // objects in a report at most; 0 leaves it to the driver
}

// Empty tells whether the query asks for nothing.
func (q *Query) Empty() bool {
	return len(q.Checkouts)+len(q.Builds)+len(q.Tests)+len(q.Issues)+len(q.Incidents) == 0
}

// Clock names a time of a database.
type Clock string

// The clocks.
const (
	FirstModified Clock = "first_modified" // the oldest object's timestamp
	LastModified  Clock = "last_modified"  // the newest object's timestamp
	Current       Clock = "current"        // the database's own clock
	// Next is the time of objects that are loaded now, later than those of all
	// objects there are: the current time, or a microsecond after the newest
	// timestamp. Timestamps more than arrival.MaxAhead ahead do not count.
	Next Clock = "next"
)

// Receipt tells what became of a submission.
type Receipt struct {
	ID       string    // of the submission
	Origin   string    // who handed it in, "" where nobody was asked
	Received time.Time // when it was taken in
	Finished time.Time // when it was loaded or given up
	Bytes    int64     // of the report as received, decompressed
	Objects  int       // in the report
	Failure  string    // why it was given up; "" when it was loaded
}
