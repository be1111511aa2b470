// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/report"
)

// Delta is what changed in a transaction, for the roll-ups to follow. The zero
// Delta is of nothing.
type Delta struct {
	tests                        map[group]int64
	builds, checkouts, incidents set
	objects                      map[string]int64 // how many more there are of each list
	// Tests that were made, and tests that were there, whose incidents tell something
	// else now.
	made, told set
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

// Test notes that a test was changed, that it was made, where there was none
// before, or removed, where there is none now. It keeps neither.
func (d *Delta) Test(was, now *Test) {
	if d.tests == nil {
		d.tests = make(map[group]int64)
	}
	if was != nil {
		d.tests[was.group()]--
	}
	if now != nil {
		d.tests[now.group()]++
	}
	switch {
	case was == nil:
		d.made.add(now.ID)
	case now == nil:
		d.told.add(was.ID)
	case was.BuildID != now.BuildID || was.Status != now.Status || was.Start != now.Start || KindOf(was.Path) != KindOf(now.Path):
		d.told.add(now.ID)
	}
}

// Build notes that a build was made, changed or removed.
func (d *Delta) Build(id string) { d.builds.add(id) }

// Checkout notes that a checkout was made, changed or removed.
func (d *Delta) Checkout(id string) { d.checkouts.add(id) }

// Incident notes that an incident was made, changed or removed.
func (d *Delta) Incident(id string) { d.incidents.add(id) }

// Objects notes that there are n more objects in a list of the store, -n fewer.
func (d *Delta) Objects(list string, n int64) {
	if d.objects == nil {
		d.objects = make(map[string]int64)
	}
	d.objects[list] += n
}

// Empty reports whether nothing was noted.
func (d *Delta) Empty() bool {
	return len(d.tests)+len(d.builds)+len(d.checkouts)+len(d.incidents)+len(d.objects) == 0
}

// counts are numbers by kind and status.
type counts map[counted]int64

type counted struct {
	kind   Kind
	status report.Status
}

// counter adds up rows of a table of counts.
type counter struct {
	table *table
	rows  map[any]row
}

func newCounter(t *table) *counter { return &counter{t, make(map[any]row)} }

// add adds n to the row of a name, which make makes.
func (c *counter) add(name any, n int64, make func() row) {
	r, ok := c.rows[name]
	if !ok {
		r = append(make(), int64(0))
		c.rows[name] = r
	}
	r[len(r)-1] = r[len(r)-1].(int64) + n
}

func (c *counter) all() []row { return slices.Collect(maps.Values(c.rows)) }

// checkoutCount adds to what belongs to a checkout; "" is none.
func (c *counter) checkoutCount(checkout string, what counted, n int64) {
	type name struct {
		checkout string
		counted
	}
	if checkout != "" {
		c.add(name{checkout, what}, n, func() row { return row{checkout, string(what.kind), string(what.status)} })
	}
}

// incidentCount adds to the incidents with an issue that arrived on a day. The kind
// is build or test where the incident names one, or absent.
func (c *counter) incidentCount(issue, version any, arrived int64, origin, kind string, n int64) {
	type name struct {
		issue, version any
		day            int64
		origin, kind   string
	}
	day := dayOf(arrived)
	c.add(name{issue, version, day, origin, kind}, n, func() row { return row{issue, version, day, origin, kind} })
}

// sighting adds an incident to those of its issue, by its row of sightings.
func (c *counter) sighting(r row, n int64) {
	kind := ""
	switch {
	case r[4] != "":
		kind = string(Tests)
	case r[3] != "":
		kind = string(Builds)
	}
	c.incidentCount(r[1], r[2], r[9].(int64), r[8].(string), kind, n)
}

// absent is the kind of the incidents that say that their issue is not there.
const absent = "absent"

// absence adds an incident by its row of absences.
func (c *counter) absence(r row, n int64) {
	c.incidentCount(r[1], r[2], r[4].(int64), r[3].(string), absent, n)
}

// dailyCount adds to what started on a day.
func (c *counter) dailyCount(day int64, origin, lab string, what counted, n int64) {
	type name struct {
		day         int64
		origin, lab string
		counted
	}
	c.add(name{day, origin, lab, what}, n, func() row {
		return row{day, keyOf(origin, lab, string(what.kind), string(what.status)), origin, lab, string(what.kind), string(what.status)}
	})
}

// testCount adds to the tests of a build.
func (c *counter) testCount(g group, n int64) {
	c.add(g, n, func() row {
		return row{
			g.build, keyOf(dayText(g.day), g.origin, g.suite, g.platform, g.compatible, g.lab, g.reason, string(g.status)),
			g.day, g.origin, g.suite, g.platform, g.compatible, g.lab, g.reason, string(g.status),
		}
	})
}

// hardwareCount adds to the tests on a platform.
func (c *counter) hardwareCount(g group, n int64) {
	type name struct {
		day                                 int64
		platform, compatible, origin, build string
		counted
	}
	kind := g.kind()
	if g.platform == "" {
		return
	}
	c.add(name{g.day, g.platform, g.compatible, g.origin, g.build, counted{kind, g.status}}, n, func() row {
		return row{
			g.day, keyOf(g.platform, g.compatible, g.origin, g.build, string(kind), string(g.status)),
			g.platform, g.compatible, g.origin, g.build, string(kind), string(g.status),
		}
	})
}
