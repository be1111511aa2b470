// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// printCounts prints how many submissions were sent, and how many processes were killed.
func (s *Soak) printCounts() {
	fmt.Fprintf(s.Out, "%d submissions sent, %d acknowledged", s.senders.sent, len(s.senders.ids))
	for why, n := range s.senders.refused {
		fmt.Fprintf(s.Out, ", %d: %s", n, why)
	}
	fmt.Fprintf(s.Out, "\nkilled:")
	for _, p := range s.processes {
		fmt.Fprintf(s.Out, " %s %d times", p.name, s.kills[p.name])
	}
	fmt.Fprintf(s.Out, "; PostgreSQL restarted %d times\n", s.restarts)
}

// printGrowth prints what services of the same age used early and late.
func (s *Soak) printGrowth() {
	fmt.Fprintf(s.Out, "\n%8s %12s %12s %12s %12s %12s\n", "", "memory MB", "late", "open files", "late", "oldest s")
	for _, p := range s.processes {
		var early, late []sampled
		oldest := time.Duration(0)
		for _, u := range s.samples {
			switch {
			case u.name != p.name:
				continue
			case u.age > time.Minute && u.age < 2*time.Minute && u.at < s.Duration/2:
				early = append(early, u)
			case u.age > time.Minute && u.age < 2*time.Minute:
				late = append(late, u)
			}
			oldest = max(oldest, u.age)
		}
		fmt.Fprintf(s.Out, "%8s %12d %12d %12d %12d %12.0f\n", p.name,
			middle(early, sampled.megabytes), middle(late, sampled.megabytes),
			middle(early, sampled.openFiles), middle(late, sampled.openFiles), oldest.Seconds())
	}
}

func (u sampled) megabytes() int { return int(u.memory >> 20) }
func (u sampled) openFiles() int { return u.files }

// middle returns the median of a number of samples, 0 without samples.
func middle(all []sampled, number func(sampled) int) int {
	if len(all) == 0 {
		return 0
	}
	var numbers []int
	for _, u := range all {
		numbers = append(numbers, number(u))
	}
	slices.Sort(numbers)
	return numbers[len(numbers)/2]
}

// printRest prints what services use at rest. It fails if they use more goroutines or files
// than before: a few more may be idle connections to the database.
func (s *Soak) printRest(before, after []resting) error {
	const spare = 20
	var faults []error
	fmt.Fprintf(s.Out, "\n%8s %12s %12s %12s %12s %12s %12s\n", "at rest", "memory MB", "at the end", "open files", "at the end", "goroutines", "at the end")
	for i, p := range s.services() {
		b, a := before[i], after[i]
		fmt.Fprintf(s.Out, "%8s %12d %12d %12d %12d %12d %12d\n", p.name, b.memory>>20, a.memory>>20, b.files, a.files, b.goroutines, a.goroutines)
		if a.files > b.files+spare || a.goroutines > b.goroutines+spare {
			faults = append(faults, fmt.Errorf("%s: open files or goroutines grow", p.name))
		}
	}
	fmt.Fprintln(s.Out)
	return errors.Join(faults...)
}
