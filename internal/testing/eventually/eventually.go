// SPDX-License-Identifier: Apache-2.0

// Package eventually waits in tests for changes that another goroutine, process or
// server brings about. It polls, first after a millisecond, later every 20 ms. A test
// that has to wait longer than two minutes fails: some tests start clusters or wait for
// an elected leader on a busy machine.
package eventually

import "time"

const (
	limit      = 2 * time.Minute
	firstPause = time.Millisecond
	maxPause   = 20 * time.Millisecond
)

// T is a test, or a script that a test runs. Fatalf does not return.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// True waits until the condition is true. If it stays false, the test fails with the
// description of the condition.
func True(t T, description string, condition func() bool) {
	t.Helper()
	if !poll(condition) {
		t.Fatalf("not within %v: %s", limit, description)
	}
}

// Succeeds waits until f returns nil. If f keeps failing, the test fails with the last
// error. An error that cannot pass should end the test in f.
func Succeeds(t T, f func() error) {
	t.Helper()
	var err error
	if !poll(func() bool { err = f(); return err == nil }) {
		t.Fatalf("not within %v: %v", limit, err)
	}
}

func poll(condition func() bool) bool {
	end := time.Now().Add(limit)
	for pause := firstPause; !condition(); pause = min(2*pause, maxPause) {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(pause)
	}
	return true
}
