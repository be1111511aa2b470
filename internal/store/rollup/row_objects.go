// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"

	"github.com/kcidb-go/kcidb/report"
)

// The tables of counted objects. Each row records how an object was counted.

var (
	countedBuilds    = newTable("counted_builds", (*countedBuild).layout, countedBuild.compare)
	countedCheckouts = newTable("counted_checkouts", (*countedCheckout).layout, countedCheckout.compare)
	treeHeads        = newTable("tree_heads", (*treeHead).layout, treeHead.compare)
	sightings        = newTable("sightings", (*sighting).layout, sighting.compare)
	absences         = newTable("absences", (*absence).layout, absence.compare)
)

// countedBuild records how a build is counted. If only the tests of the build are
// known, the row has an ID and noDay, and nothing else.
type countedBuild struct {
	id, checkoutID, origin                  string
	status                                  report.Status
	architecture, compiler, configName, lab string
	day, start                              int64
}

func (r *countedBuild) layout() layout {
	return layout{
		key: []column{text("build_id", &r.id)},
		values: []column{
			text("checkout_id", &r.checkoutID), text("origin", &r.origin), text("status", (*string)(&r.status)),
			text("architecture", &r.architecture), text("compiler", &r.compiler), text("config_name", &r.configName), text("lab", &r.lab),
			day("day", &r.day), timeColumn("start", &r.start),
		},
	}
}

func (r countedBuild) compare(other countedBuild) int { return cmp.Compare(r.id, other.id) }

// unknownBuild returns the row of a build that is not in the database.
func unknownBuild(id string) countedBuild { return countedBuild{id: id, day: noDay} }

// counts reports whether the build itself is counted.
func (r *countedBuild) counts() bool { return r.checkoutID != "" && !IsDummy(r.id) }

// ofCheckout returns the row that counts the build in its checkout.
func (r *countedBuild) ofCheckout() checkoutCount {
	return checkoutCount{checkoutID: r.checkoutID, kind: Builds, status: r.status}
}

// daily returns the row that counts the build by its day.
func (r *countedBuild) daily() dailyCount {
	return dailyCount{day: r.day, origin: r.origin, lab: r.lab, kind: Builds, status: r.status}
}

// seenAs returns what the sightings in the build itself have of it.
func (r *countedBuild) seenAs() seenObject {
	if r.checkoutID == "" { // the build is not in the database
		return seenObject{id: r.id, buildID: r.id}
	}
	return seenObject{id: r.id, buildID: r.id, kind: Builds, status: r.status, seen: r.start}
}

// countedCheckout records how a checkout is counted.
type countedCheckout struct {
	id, origin string
	tree       int64 // hash of the tree
	day, start int64
}

func (r *countedCheckout) layout() layout {
	return layout{
		key:    []column{text("checkout_id", &r.id)},
		values: []column{text("origin", &r.origin), number("tree", &r.tree), day("day", &r.day), timeColumn("start", &r.start)},
	}
}

func (r countedCheckout) compare(other countedCheckout) int { return cmp.Compare(r.id, other.id) }

// daily returns the row that counts the checkout by its day.
func (r *countedCheckout) daily() dailyCount {
	return dailyCount{day: r.day, origin: r.origin, kind: Checkouts}
}

// treeHead is the checkout of a tree that started last. A tree is a tree name, a URL
// and a branch, as an origin has them.
type treeHead struct {
	hash                          int64
	origin, treeName, url, branch string
	checkoutID                    string
	start                         int64
}

func (r *treeHead) layout() layout {
	return layout{
		key:    []column{hash("key", &r.hash)},
		about:  []column{text("origin", &r.origin), text("tree_name", &r.treeName), text("url", &r.url), text("branch", &r.branch)},
		values: []column{text("checkout_id", &r.checkoutID), timeColumn("start", &r.start)},
	}
}

func (r treeHead) compare(other treeHead) int { return cmp.Compare(r.hash, other.hash) }

// sighting is an incident that does not say that its issue is absent. It records the
// build or test where the issue was seen.
type sighting struct {
	incidentID string
	issueKey
	buildID string        // of the incident, or of its test
	testID  string        // "" for an incident of a build
	kind    Kind          // of the build or test; "" if it is not in the database
	status  report.Status // of the build or test
	seen    int64         // start of the build or test, 0 if unknown
	origin  string        // of the incident
	arrived int64
}

func (r *sighting) layout() layout {
	return layout{
		key: []column{text("incident_id", &r.incidentID)},
		values: append(r.columns(),
			text("build_id", &r.buildID), text("test_id", &r.testID), text("kind", (*string)(&r.kind)), text("status", (*string)(&r.status)),
			timeColumn("seen", &r.seen), text("origin", &r.origin), timeColumn("arrived", &r.arrived)),
	}
}

func (r sighting) compare(other sighting) int { return cmp.Compare(r.incidentID, other.incidentID) }

func (r *sighting) id() string { return r.incidentID }

// counted returns the row that counts the incident.
func (r *sighting) counted() incidentCount {
	c := incidentCount{issueKey: r.issueKey, day: dayOf(r.arrived), origin: r.origin}
	switch {
	case r.testID != "":
		c.kind = Tests
	case r.buildID != "":
		c.kind = Builds
	}
	return c
}

// absence is an incident that says that its issue is absent.
type absence struct {
	incidentID string
	issueKey
	origin  string
	arrived int64
}

func (r *absence) layout() layout {
	return layout{
		key:    []column{text("incident_id", &r.incidentID)},
		values: append(r.columns(), text("origin", &r.origin), timeColumn("arrived", &r.arrived)),
	}
}

func (r absence) compare(other absence) int { return cmp.Compare(r.incidentID, other.incidentID) }

func (r *absence) id() string { return r.incidentID }

// counted returns the row that counts the incident.
func (r *absence) counted() incidentCount {
	return incidentCount{issueKey: r.issueKey, day: dayOf(r.arrived), origin: r.origin, kind: Absent}
}
