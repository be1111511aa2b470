// SPDX-License-Identifier: Apache-2.0

// Package store is the contract of a database of reports.
//
// Each driver lives in a folder of its own and implements Store, or Sink if it
// cannot answer. It proves that it keeps the contract by running the suite of
// package storetest. Package internal/store/all names the drivers.
package store

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Sink is an opened database that reports are loaded into: the least that a driver
// opens. It can be dumped; the dump of a sink that keeps nothing is empty.
//
// All methods may be called concurrently. Only Init, Initialized, Schemas, Upgrade,
// Cleanup and Close work while the database has no schema or an older one; all other
// methods return ErrNotInitialized or ErrOldSchema then. If the database does not
// exist, Initialized returns false, Init creates the database if the driver can, and
// all other methods return ErrNotFound.
type Sink interface {
	// Close releases everything the sink holds. Running iterators fail.
	Close() error

	// Initialized reports whether the database has a schema.
	Initialized(ctx context.Context) (bool, error)
	// Init creates the schema v, or the newest schema if v is zero.
	// It returns ErrInitialized if the database has a schema.
	Init(ctx context.Context, v Version) error
	// Schemas returns the schemas of the driver, oldest first, and the index of the
	// database's own schema among them, -1 if it is not initialized.
	Schemas(ctx context.Context) (all []Schema, current int, err error)
	// Upgrade migrates to schema v, or to the newest schema if v is zero, and keeps
	// all objects. It leaves a database alone that has the schema already, and returns
	// ErrUnknownSchema for an older schema. A repeated call continues an
	// interrupted upgrade. Progress may be nil.
	Upgrade(ctx context.Context, v Version, progress Progress) error
	// Cleanup removes the schema with everything in it.
	// It returns ErrNotInitialized if the database has no schema.
	Cleanup(ctx context.Context) error
	// Empty removes all objects, receipts and other data, and keeps the schema.
	Empty(ctx context.Context) error
	// Purge removes what arrived before opts.Before, at most PurgeBatch objects in a
	// transaction; loads continue in between. If opts.Before is zero, it removes nothing.
	// It always returns ErrUnsupported if the driver cannot purge. An interrupted purge
	// has removed a part, and may be repeated.
	Purge(ctx context.Context, opts PurgeOptions) error

	// Load merges the objects of r into the database in one transaction: after an
	// error, nothing of r is there.
	//
	// Objects are merged property by property. A property of the report schema is
	// one value; number, environment, culprit, and an incident's issue_id with its
	// issue_version are one value each, too. Each value has the time of the object it
	// came with: its Timestamp, or the time of loading, see LoadOptions. The value with
	// the newest time stays. A property that is absent from an object changes nothing;
	// nor does an environment or a culprit without members. An empty list or free object
	// is a value. The same value, loaded again, has the newer time from then on. The
	// object's own timestamp is the newest time of all its values.
	//
	// So a set of loads leads to the same objects in any order, also across restarts, and
	// two stores that had the same loads have the same objects. The order of loading
	// matters only for objects without a time of their own that are loaded with
	// LoadOptions.Metadata.
	//
	// If two values with equal times come from one Load, the later value in r's list
	// stays. Otherwise the greater value stays, by an order that is the same in all
	// drivers:
	//
	//   - texts, lists and free objects of tests: by the bytes of their text;
	//   - other free objects: by the bytes of their text, with the members ordered by the
	//     length of their names, then by the names;
	//   - values that are kept once for many tests: by their hash;
	//   - everything else: by size.
	//
	// Two drivers may keep different values of free objects that PostgreSQL cannot keep as
	// they are: those with exponents in numbers, -0, more than 400 digits, 100 levels or
	// 16 MiB (see misc.go of that driver).
	//
	// A dump has timestamps of objects, not of their properties: in a database loaded from
	// a dump, all values of an object are as new as the object.
	//
	// Loading the same report again changes nothing but times. Load does not change r.
	// It returns ErrLoaded, and loads nothing, if one of the options' receipts is of a
	// submission that has a receipt of success already. It returns ErrRefused if the
	// engine can never keep the data; after any other error the same report may load
	// later.
	//
	// Everything that report.Decode accepts comes back unchanged, with numbers in free
	// objects as they were written. Only what has no meaning may differ: the order of the
	// members of a free object, the digits of times below a microsecond, and an
	// environment or a culprit without members.
	Load(ctx context.Context, r *report.Report, opts LoadOptions) (*Changes, error)

	// Dump returns all objects that arrived within the bounds, in reports of at most
	// opts.PerReport objects. The lists come one after the other (checkouts, builds,
	// tests, issues, incidents), so that writers can stream. Within a list the order is
	// the driver's, and the same each time the same database is dumped. All reports but
	// the last have as many objects as they may. A dump may or may not contain what is
	// loaded meanwhile, but only whole transactions if the driver can do that. An object
	// whose row is damaged is left out: such a dump ends with an *Unreadable, after all
	// other objects.
	Dump(ctx context.Context, opts DumpOptions) iter.Seq2[*report.Report, error]
	// Query returns the objects asked for, each once, as Dump does.
	// An empty query returns no reports.
	Query(ctx context.Context, q Query) iter.Seq2[*report.Report, error]
	// Time returns a time of the database, or the zero time if it has none, such as the
	// modification times of an empty database.
	Time(ctx context.Context, which Clock) (time.Time, error)
}

// Store is a Sink that answers: about its objects, and about what became of
// submissions. The service, the pages and the notifier need one.
type Store interface {
	Sink
	Reader
	// SaveReceipts keeps receipts of submissions that were not loaded. It leaves a
	// receipt of success as it is, and replaces a receipt of failure, because that
	// submission was put back and tried again.
	SaveReceipts(ctx context.Context, receipts []Receipt) error
	// PurgeReceipts removes receipts of submissions finished before the time given.
	PurgeReceipts(ctx context.Context, before time.Time) error
}

// Reader has the methods of Store that answer and change nothing. They find objects
// by indexes, and read nothing else unless all objects are asked for.
type Reader interface {
	// Receipt returns the receipt of the submission with the ID, or ErrNoReceipt.
	Receipt(ctx context.Context, id string) (Receipt, error)
	// Match returns the objects that any of the patterns names, each once, in sets of at
	// most opts.PerSet objects, in the order of object.Types and by ID within a type. A
	// checkout belongs to a revision if it has a commit hash, and a patch set hash or no
	// patch set files. Parents that are not in the database do not connect their
	// children with their own parents.
	Match(ctx context.Context, patterns []object.Pattern, opts MatchOptions) iter.Seq2[*object.Set, error]
	// Outcomes returns what is needed to sum up the tests of the builds: all tests,
	// build by build in the order given, by path within a build.
	Outcomes(ctx context.Context, builds []string) iter.Seq2[Outcome, error]
	// Runs returns the tests of the builds as lists show them, build by build in the
	// order given, by path within a build, in an order of the engine within a path. It
	// leaves out the tests of after.BuildID up to and including after, so that a page
	// of a list need not read the pages before it. The zero key leaves out nothing.
	// If the test of the key is gone, tests of the same path may be left out as well.
	Runs(ctx context.Context, builds []string, after RunKey) iter.Seq2[Run, error]
	// Previous returns the IDs of at most n builds like the given one, newest first:
	// builds of the same origin, architecture and configuration, in checkouts of the same
	// repository, branch and origin that started before its checkout.
	Previous(ctx context.Context, like Like, n int) ([]string, error)
}

// RoleMaker is a store whose server distinguishes users by roles: some users load,
// others only read.
type RoleMaker interface {
	// MakeRoles creates the missing roles, and grants them what they need. It returns
	// the statements that a user with more rights has to run first, if there are any.
	MakeRoles(ctx context.Context) (left []string, err error)
}

// LoadedFinder is a store that looks for many submissions at once, in less time than one by
// one.
type LoadedFinder interface {
	// Loaded returns those of the submissions that have a receipt of success.
	Loaded(ctx context.Context, submissions []string) ([]string, error)
}

// Lagger is a store that may be a replica of another.
type Lagger interface {
	// Lag returns how far the replica is behind its primary, 0 for a primary.
	Lag(ctx context.Context) (time.Duration, error)
}

// Locker is a store that several processes use, and that keeps them apart.
type Locker interface {
	// RunAlone calls f and returns its error. If another process runs such a function, it
	// returns ErrBusy and does not call f. The lock ends with the process, or with its
	// connection to the database.
	RunAlone(ctx context.Context, f func(context.Context) error) error
}

// Backuper is a store whose engine copies a whole database, with receipts, notifications and
// everything else that is in it.
type Backuper interface {
	// Backup writes the database of one moment to a new file or folder, while loads go on,
	// and checks that the copy can be read. It returns the number of objects of each list.
	Backup(ctx context.Context, to string, progress Progress) (map[List]int64, error)
	// Restore makes the database from a copy that Backup wrote, and returns the number of
	// objects of each list. It returns ErrInitialized if the database has a schema. After
	// an error the database is as it was.
	Restore(ctx context.Context, from string, progress Progress) (map[List]int64, error)
}

// Bulker is a store that prefers to load very many objects at once in bulk.
type Bulker interface {
	// BulkSize returns how many objects a load in bulk should have.
	BulkSize() int
}

// Compacter is a store that keeps what queries would have to read several times.
type Compacter interface {
	// Compact rewrites what is kept, so that queries read less. Objects stay the same, and
	// loads and queries go on meanwhile. Progress may be nil.
	Compact(ctx context.Context, progress Progress) error
}

// Estimator is a store whose price is by the bytes that it reads.
type Estimator interface {
	// Estimate returns a context with which Dump and Query add to read the bytes that they
	// would read. They return objects without most of their properties, or none.
	Estimate(ctx context.Context, read *atomic.Int64) context.Context
}
