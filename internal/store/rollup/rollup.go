// SPDX-License-Identifier: Apache-2.0

// Package rollup keeps the numbers that pages show: counts of builds, boots and
// tests by what people ask for, kept as the objects change, in the transaction
// that changes them.
//
// Its SQL is the same for all databases, and written once; the tables are made by
// the drivers' migrations (0005, 0006), which say what is in each. Everything here can
// be counted anew from the objects: Verify does, and tells what differs; Rebuild
// puts that in place of what is there.
//
// A test knows its build, and neither the checkout nor the tree, and may arrive
// before them. So tests are counted per build, by all that they know themselves
// (test_counts); what is above is kept by going from the builds whose tests, or
// which themselves, changed. The sightings of a build or a test are changed only if
// its kind, status or start did, by a number of statements that does not depend on
// how many there are. All that is counted of an object is taken back by
// what the roll-ups know of it (counted_builds, counted_checkouts, sightings), and
// not by what the objects had before.
//
// Where loaders run side by side, whoever changes what belongs to a build has the
// build's row in counted_builds until the end of the transaction, whether the
// build is there or not: so a build and its tests cannot pass each other, nor can
// what an incident is of and the incident. All rows are locked in one order: builds,
// trees, issues, and last what most loaders have in common, for the shortest time:
// the counts of checkouts and of days.
package rollup

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Kind is a kind of objects that are counted.
type Kind string

// The kinds. A boot is a test with a path that facts.IsBoot accepts.
const (
	Checkouts Kind = "checkout"
	Builds    Kind = "build"
	Boots     Kind = "boot"
	Tests     Kind = "test"
)

// KindOf returns the kind of a test with a path.
func KindOf(path string) Kind {
	if facts.IsBoot(path) {
		return Boots
	}
	return Tests
}

// NoDay is the day of an object without a time.
const NoDay = -1

// DayOf returns the day of a time in UTC: the number of days since 1970, NoDay for the
// zero time and times before 1970.
func DayOf(t time.Time) int64 {
	if t.IsZero() {
		return NoDay
	}
	return dayOf(t.UnixMicro())
}

// dayOf returns the day of a time in microseconds since 1970, NoDay for times before.
func dayOf(micros int64) int64 {
	const day = 24 * 3600 * 1_000_000
	if micros < 0 {
		return NoDay
	}
	return micros / day
}

// dayOfStart returns the day of the start of an object: NoDay for 0, which is no time.
func dayOfStart(micros int64) int64 {
	if micros == 0 {
		return NoDay
	}
	return dayOf(micros)
}

// Tx is a transaction of the database.
type Tx = sqldb.Tx

// Dialect is the dialect of the database, with the steps of counting as methods.
type Dialect struct{ sqldb.Dialect }
