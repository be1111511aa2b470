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
		g := &progress{w: &out, what: "objects", start: now, next: now.Add(progressAfter)}
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

// Short work shows nothing, and neither does any in a pipe.
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
