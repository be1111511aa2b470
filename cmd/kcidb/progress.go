// SPDX-License-Identifier: Apache-2.0

package main

// The rules of progress:
//   - It is shown when standard error is a terminal, unless results are being
//     written to a terminal too: lines of both would mix.
//   - It is one line, written over at most five times a second, and never
//     before the first second is over: short work shows nothing at all.
//   - At the end the line stays, with the sum and the mean rate, so that the
//     user has the figure. An error that follows begins on a new line.

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// progress tells a person how far long work has come. A nil progress is silent.
type progress struct {
	w     io.Writer
	what  string
	count int
	total int // 0 where nobody knows
	start time.Time
	next  time.Time // when to write the line again
	shown bool
}

// newProgress starts counting, and returns nil where nobody would see it.
// Results are what the command writes its results to, nil if it has none.
func (p *program) newProgress(what string, results io.Writer) *progress {
	if !isTerminal(p.stderr) || isTerminal(results) {
		return nil
	}
	now := time.Now()
	return &progress{w: p.stderr, what: what, start: now, next: now.Add(progressAfter)}
}

// add counts n more.
func (g *progress) add(n int) {
	if g == nil {
		return
	}
	g.count += n
	if now := time.Now(); now.After(g.next) {
		g.next = now.Add(progressEvery)
		g.show(now)
	}
}

func (g *progress) show(now time.Time) {
	rate := float64(g.count) / max(now.Sub(g.start).Seconds(), 1e-3)
	of := ""
	if g.total > 0 {
		of = fmt.Sprintf(" of %d", g.total)
	}
	fmt.Fprintf(g.w, "\r%d%s %s, %.0f/s\x1b[K", g.count, of, g.what, rate)
	g.shown = true
}

// tell is a store.Progress: it counts several things, one after the other, each
// on a line of its own.
func (g *progress) tell(what string, done, total int64) {
	if g == nil {
		return
	}
	if what != g.what {
		g.done()
		*g = progress{w: g.w, what: what, start: time.Now(), next: g.next}
	}
	g.count, g.total = int(done), int(total)
	if now := time.Now(); now.After(g.next) {
		g.next = now.Add(progressEvery)
		g.show(now)
	}
}

// done writes the line for the last time, if it was there at all.
func (g *progress) done() {
	if g == nil || !g.shown {
		return
	}
	g.show(time.Now())
	fmt.Fprintln(g.w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
