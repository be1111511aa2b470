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
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/report"
)

// Kind is what is counted.
type Kind string

// The kinds. A boot is a test that facts.IsBoot tells.
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

// NoDay stands for the day of what has no time.
const NoDay = -1

// DayOf returns the day of a time, counted from 1970 in UTC.
func DayOf(t time.Time) int64 {
	if t.IsZero() {
		return NoDay
	}
	return dayOf(t.UnixMicro())
}

// dayOf returns the day of a time in microseconds since 1970, NoDay before.
func dayOf(micros int64) int64 {
	const day = 24 * 3600 * 1_000_000
	if micros < 0 {
		return NoDay
	}
	return micros / day
}

// Test is what is counted of a test. Texts that are absent are "".
type Test struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Platform            string
	Compatible          string // JSON list of strings
	Lab                 string // as the test says itself
	Reason              string // of what Fails
	Start               int64  // microseconds since 1970, 0 for none
}

// maxReason is how much of a reason is told apart, in bytes.
const maxReason = 200

// Fails tells whether a status is one of something that went wrong.
func Fails(s report.Status) bool {
	return s == report.StatusFail || s == report.StatusError || s == report.StatusMiss
}

// SetMisc sets what a test's free object tells, when Status is set.
func (t *Test) SetMisc(misc []byte) {
	t.Lab = plain(facts.Lab(misc))
	t.Reason = ""
	if Fails(t.Status) {
		t.Reason = firstBytes(plain(facts.Reason(misc)), maxReason)
	}
}

// firstBytes returns the beginning of a text, n bytes at most, in whole characters.
func firstBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// group is what tests are counted by.
type group struct {
	build                                            string
	day                                              int64
	origin, suite, platform, compatible, lab, reason string
	status                                           report.Status
}

func (t *Test) group() group {
	g := group{
		build: t.BuildID, day: NoDay, origin: t.Origin, suite: facts.Suite(t.Path), platform: t.Platform,
		compatible: t.Compatible, lab: t.Lab, reason: t.Reason, status: t.Status,
	}
	if t.Start != 0 {
		g.day = dayOf(t.Start)
	}
	return g
}

// kind returns what the tests of a group are.
func (g *group) kind() Kind { return KindOf(g.suite) }

// keyOf returns the hash of texts.
func keyOf(texts ...string) int64 {
	var b []byte
	for _, text := range texts {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// Tx is a transaction of a database.
type Tx interface {
	Exec(ctx context.Context, query string, args ...any) error
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	// Each runs a statement for the values of each row.
	Each(ctx context.Context, query string, rows [][]any) error
}

// Rows are the rows that a query returns, as database/sql has them.
type Rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

// Dialect is how a database differs from others. Parameters are $1, $2, ... in
// all of them.
type Dialect struct {
	// Arrays: lists are parameters of array types, many rows are written as such,
	// and rows that are read to be written are locked. Otherwise lists are JSON,
	// and there is one writer.
	Arrays bool
	// Tests is the table of the tests.
	Tests string
	// Contents returns the values of contents by their names, as texts.
	Contents func(ctx context.Context, tx Tx, names []string) (map[string]string, error)
	// Shard is an expression of a number, which transactions that run side by side
	// have different ones of where possible; "" where there is one writer.
	Shard string
	// Alone has the transaction wait until no other one brings the roll-ups after
	// what it changed, and keeps others out until its end; with false it waits for,
	// and keeps out, only those that want to be alone. nil where there is one writer.
	Alone func(ctx context.Context, tx Tx, alone bool) error
}
