// SPDX-License-Identifier: Apache-2.0

// Package rollup keeps counts of the objects in a database, so that pages and the API
// read a few rows instead of counting thousands of objects.
//
// # Overview
//
// Each load notes what it changes in a Delta. At the end of its transaction, Apply
// updates the roll-ups by the delta. So the roll-ups always agree with the objects: a
// transaction that reads both sees one moment.
//
// The SQL is the same for all databases and written once. The migrations of the drivers
// (0005 and 0006) create the tables and describe their columns. Package answers reads
// the tables; only this package writes them.
//
// # What is counted
//
// The tables are of two kinds. Tables of counts have a row for each combination of
// values that people ask for, with the number n of the objects that have these values.
// Tables of counted objects have a row for each build, checkout and incident, which
// records how the object was counted.
//
//	counted_builds, counted_checkouts   how each build and checkout was counted
//	sightings, absences                 how each incident was counted
//	test_counts                         tests by build, and by all their own values
//	hardware_counts                     tests by day, platform and build
//	checkout_counts                     builds and tests by checkout
//	daily_counts                        checkouts, builds and tests by the day they started
//	tree_heads                          the checkout of each tree that started last
//	issue_counts                        sightings by issue, with the first and the last
//	incident_counts                     incidents by issue and the day they arrived
//	object_counts                       objects by list
//
// Apply also marks the checkouts whose results changed, in the table changed_checkouts, for
// package verdicts to judge them again.
//
// An object is counted by its own values only. A test has the ID of its build, but not of
// its checkout, and may arrive before both of them. So tests are counted by build, and
// the counts of a checkout are the sum of the counts of its builds. If a build arrives
// late or moves to another checkout, the counts of its tests move with it.
//
// To uncount an object, Apply uses the row that recorded how the object was counted, and
// not the old values of the object. So an object cannot be uncounted differently from
// how it was counted.
//
// A sighting records that an issue was seen in a build or test. It has the kind, the
// status and the start of that object, and Apply updates it only if these changed. The
// number of statements does not depend on the number of sightings.
//
// # Locks
//
// SQLite has one writer, so it needs no locks. On other databases loaders run
// concurrently, and Apply locks rows in one order, which rules out deadlocks:
//
//  1. builds: rows of counted_builds
//  2. trees: rows of tree_heads
//  3. issues: rows of issue_counts
//  4. counts of issues by day, then of checkouts, of days and of objects
//  5. marks of changed checkouts
//
// Most loaders change the rows of steps 4 and 5, so they are locked last and for the
// shortest time. The counts of objects are spread over shards.
//
// A transaction that changes a build, one of its tests, or an incident of either, locks
// the build's row until the end. If the build does not exist, the transaction inserts a
// row to lock, and deletes the row if the build still has no tests. So two transactions
// cannot change a build and its tests at the same time without one of them seeing what
// the other did; nor can they so change an incident and its build or test.
//
// The lock of a row is not enough for an incident of a test that does not exist yet,
// because the build is unknown. Each Apply therefore also holds a lock of all roll-ups,
// sqldb.CountsLock. Apply shares the lock by default. A transaction with such an
// incident holds it alone: it waits for all other updates to end, and keeps new ones
// out until its own end.
//
// # Failure and retry
//
// An error of Apply fails the load: its transaction rolls back the objects and the
// roll-ups together. There is one error to retry. Apply reads which builds and issues
// an incident belongs to before it has their locks. If a concurrent transaction
// changed that meanwhile, Apply returns ErrAgain. The loader rolls back and starts
// again with a new transaction.
//
// # Verify and rebuild
//
// All roll-ups can be recounted from the objects. Passes recount them in chunks of 20
// builds or 500 other items. The first passes count objects, and later passes count
// the rows that earlier passes checked.
//
// Verify reports the rows that differ, and changes nothing. It reads the database of
// one moment.
//
// Rebuild replaces the rows that differ, while others load and read. It holds the lock
// of all roll-ups alone for one chunk at a time, and may be interrupted and started
// again. At the end it marks all checkouts, and sets "complete" in the table rollups. A migration that adds
// roll-ups resets "complete", and the upgrade rebuilds them. Until then pages show
// less than the database has.
package rollup
