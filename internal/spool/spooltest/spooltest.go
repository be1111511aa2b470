// SPDX-License-Identifier: Apache-2.0

// Package spooltest has the suite that every spool passes.
package spooltest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// Driver is a driver under test.
type Driver struct {
	// Open returns a new, empty spool that goes by a clock, and a source whose batches it
	// settles. The test closes neither.
	Open func(t *testing.T, now func() time.Time) (spool.Spool, Source)
	// Slow makes the suite use fewer notifications, because the server is slow.
	Slow bool
}

// Source is a source to which tests add batches.
type Source interface {
	spool.Source
	// Note adds a batch.
	Note(t *testing.T, objects int, data string)
}

// Test runs the suite. Tests of a single process are left out of -short, because races
// are not possible in them.
func Test(t *testing.T, d Driver) {
	for name, test := range map[string]func(*testing.T, *fixture){
		"Crashes": testCrashes, "Pickers": testPickers, "BudgetTogether": testBudgetTogether,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, d))
		})
	}
	if testing.Short() {
		return
	}
	for name, test := range map[string]func(*testing.T, *fixture){
		"Lease": testLease, "Settle": testSettle, "Redelivery": testRedelivery, "Rearm": testRearm, "RearmPicked": testRearmPicked,
		"SettleMany": testSettleMany, "Aside": testAside,
		"Life": testLife, "OverAtOnce": testOverAtOnce, "PickRunsOut": testPickRunsOut, "Routes": testRoutes, "Resend": testResend,
		"Budgets": testBudgets, "Digest": testDigest, "DigestClockBack": testDigestClockBack, "DigestLate": testDigestLate,
		"List": testList, "Wipe": testWipe, "WipeMany": testWipeMany, "LongTexts": testLongTexts, "Failure": testFailure,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, d))
		})
	}
}

// noon is when tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// fixture is a spool with a clock that tests move.
type fixture struct {
	spool.Spool
	source Source
	slow   bool
	t      *testing.T
	clock  atomic.Int64
}

func newFixture(t *testing.T, d Driver) *fixture {
	t.Helper()
	f := &fixture{t: t, slow: d.Slow}
	f.set(noon)
	f.Spool, f.source = d.Open(t, f.now)
	return f
}

// most returns a number of notifications, or a fifth of it if the server is slow, or in
// short runs, because the check for races makes all slow.
func (f *fixture) most(n int) int {
	if f.slow || testing.Short() {
		return n / 5
	}
	return n
}

func (f *fixture) now() time.Time          { return time.UnixMicro(f.clock.Load()).UTC() }
func (f *fixture) set(at time.Time)        { f.clock.Store(at.UnixMicro()) }
func (f *fixture) advance(d time.Duration) { f.clock.Add(d.Microseconds()) }
