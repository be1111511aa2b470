// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"maps"
	"slices"
)

// Delta has what a transaction changed, for Apply to update the roll-ups. The zero
// Delta has no changes.
type Delta struct {
	tests                        counter[testCount]
	builds, checkouts, incidents set
	objects                      map[string]int64 // how many more objects each list has
	created                      set              // new tests
	changed                      set              // existing tests whose change affects their incidents
}

type set map[string]struct{}

func (s *set) add(text string) {
	if *s == nil {
		*s = make(set)
	}
	(*s)[text] = struct{}{}
}

func (s set) has(text string) bool {
	_, ok := s[text]
	return ok
}

func (s set) sorted() []string { return slices.Sorted(maps.Keys(s)) }

// Test notes that a test was changed, created (was is nil) or deleted (now is nil). It
// keeps neither pointer.
func (d *Delta) Test(was, now *Test) {
	if d.tests == nil {
		d.tests = make(counter[testCount])
	}
	if was != nil {
		d.tests[was.counted()]--
	}
	if now != nil {
		d.tests[now.counted()]++
	}
	switch {
	case was == nil:
		d.created.add(now.ID)
	case now == nil:
		d.changed.add(was.ID)
	case was.BuildID != now.BuildID || was.Status != now.Status || was.Start != now.Start || KindOf(was.Path) != KindOf(now.Path):
		d.changed.add(now.ID)
	}
}

// Build notes that a build was created, changed or deleted.
func (d *Delta) Build(id string) { d.builds.add(id) }

// Checkout notes that a checkout was created, changed or deleted.
func (d *Delta) Checkout(id string) { d.checkouts.add(id) }

// Incident notes that an incident was created, changed or deleted.
func (d *Delta) Incident(id string) { d.incidents.add(id) }

// Objects notes that a list of the store has n more objects, or fewer if n < 0.
func (d *Delta) Objects(list string, n int64) {
	if d.objects == nil {
		d.objects = make(map[string]int64)
	}
	d.objects[list] += n
}

// Empty reports whether the delta has no changes.
func (d *Delta) Empty() bool {
	return len(d.tests)+len(d.builds)+len(d.checkouts)+len(d.incidents)+len(d.objects) == 0
}
