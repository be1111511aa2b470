// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		now := time.Now()
		g := &progress{w: &out, work: "objects", start: now, next: now.Add(progressAfter)}
		step := func(wait time.Duration, n int, want string) {
			t.Helper()
			out.Reset()
			time.Sleep(wait)
			g.add(n)
			if out.String() != want {
				t.Errorf("at %d: %q, want %q", g.count, out.String(), want)
			}
		}
		step(900*time.Millisecond, 10, "")
		step(200*time.Millisecond, 100, "\r110 objects, 100/s\x1b[K")
		step(100*time.Millisecond, 5, "")
		step(300*time.Millisecond, 35, "\r150 objects, 100/s\x1b[K")
		out.Reset()
		time.Sleep(500 * time.Millisecond)
		if g.done(); out.String() != "\r150 objects, 75/s\x1b[K\n" {
			t.Errorf("at the end: %q", out.String())
		}
	})
}

// TestNoProgress: short work shows nothing, and output to a pipe shows
// nothing.
func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	short := &progress{w: &out, start: time.Now(), next: time.Now().Add(time.Hour)}
	short.add(7)
	short.done()
	p := &program{stderr: &out}
	piped := p.newProgress("objects", nil)
	piped.add(7)
	piped.done()
	if piped != nil || out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

// TestProgressTell: several things are counted one after the other, each on a
// line of its own.
func TestProgressTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		now := time.Now()
		g := &progress{w: &out, start: now, next: now.Add(progressAfter)}
		step := func(wait time.Duration, what string, done, total int64, want string) {
			t.Helper()
			out.Reset()
			time.Sleep(wait)
			g.update(what, done, total)
			if out.String() != want {
				t.Errorf("%s, %d: %q, want %q", what, done, out.String(), want)
			}
		}
		// A step that ends within the first second is not shown, and does not
		// delay the next step.
		step(0, "checkouts removed", 0, 10, "")
		step(500*time.Millisecond, "checkouts removed", 10, 10, "")
		step(0, "tests removed", 0, 400, "")
		step(600*time.Millisecond, "tests removed", 60, 400, "\r60 of 400 tests removed, 100/s\x1b[K")
		step(100*time.Millisecond, "tests removed", 70, 400, "")
		step(300*time.Millisecond, "tests removed", 400, 400, "\r400 of 400 tests removed, 400/s\x1b[K")
		// The next step begins on a new line, below the last state of this
		// step.
		step(0, "rows changed", 0, 0, "\r400 of 400 tests removed, 400/s\x1b[K\n")
		step(500*time.Millisecond, "rows changed", 50, 0, "\r50 rows changed, 100/s\x1b[K")
		out.Reset()
		if g.done(); out.String() != "\r50 rows changed, 100/s\x1b[K\n" {
			t.Errorf("at the end: %q", out.String())
		}
	})
	var silent *progress
	silent.update("tests removed", 1, 2) // with no terminal
	silent.done()
}
