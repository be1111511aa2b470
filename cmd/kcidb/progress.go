// SPDX-License-Identifier: Apache-2.0

package main

// The rules of progress:
//   - It is shown if standard error is a terminal, unless the results are
//     written to a terminal, too: the lines of both would mix.
//   - It is one line, written over at most five times a second, and never
//     before the first second is over: short work shows nothing at all.
//   - At the end the line stays, with the sum and the mean rate, so that the
//     user can read the figure. An error that follows begins on a new line.

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

// progress shows how far long work has come. A nil progress shows nothing.
type progress struct {
	w     io.Writer
	work  string
	count int
	total int // 0 if unknown
	start time.Time
	next  time.Time // when to write the line next
	shown bool
}

// newProgress starts a progress, and returns nil if its line would not be
// seen. results is the writer of the command's results, or nil.
func (p *program) newProgress(work string, results io.Writer) *progress {
	if !isTerminal(p.stderr) || isTerminal(results) {
		return nil
	}
	now := time.Now()
	return &progress{w: p.stderr, work: work, start: now, next: now.Add(progressAfter)}
}

// add adds n to the count.
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
	fmt.Fprintf(g.w, "\r%d%s %s, %.0f/s\x1b[K", g.count, of, g.work, rate)
	g.shown = true
}

// update is a store.Progress. It counts several things, one after the other, each
// on a line of its own.
func (g *progress) update(work string, done, total int64) {
	if g == nil {
		return
	}
	if work != g.work {
		g.done()
		*g = progress{w: g.w, work: work, start: time.Now(), next: g.next}
	}
	g.count, g.total = int(done), int(total)
	if now := time.Now(); now.After(g.next) {
		g.next = now.Add(progressEvery)
		g.show(now)
	}
}

// done writes the line for the last time, if it was shown.
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
