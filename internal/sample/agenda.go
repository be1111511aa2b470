// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"container/heap"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// agenda is the list of future events, in order of time. An event may add
// further events, and may return a report.
type agenda struct {
	events events
	added  int
}

// event is a function to be run at a time.
type event struct {
	at     time.Time
	number int // in the order of adding: of two events at one time, the first added runs first
	run    func() *report.Report
}

// add puts an event on the agenda. run may return nil for no report.
func (a *agenda) add(at time.Time, run func() *report.Report) {
	a.added++
	heap.Push(&a.events, event{at, a.added, run})
}

// runUntil runs the events before the time, and yields their reports. It returns
// false if yield does.
func (a *agenda) runUntil(end time.Time, yield func(*report.Report) bool) bool {
	for len(a.events) > 0 && a.events[0].at.Before(end) {
		if !a.runNext(yield) {
			return false
		}
	}
	return true
}

// runAll runs all remaining events.
func (a *agenda) runAll(yield func(*report.Report) bool) {
	for len(a.events) > 0 && a.runNext(yield) {
	}
}

// runNext runs the next event.
func (a *agenda) runNext(yield func(*report.Report) bool) bool {
	r := heap.Pop(&a.events).(event).run()
	return r == nil || yield(r)
}

// events is a heap, earliest first.
type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].number < e[j].number
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{} // release the memory the event holds
	*e = (*e)[:last]
	return x
}
