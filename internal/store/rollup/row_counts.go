// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"github.com/kcidb-go/kcidb/report"
)

// The tables of counts. Each row has the values that objects are counted by, and n,
// the number of these objects.

var (
	testCounts     = newTable("test_counts", (*testCount).layout, testCount.compare)
	hardwareCounts = newTable("hardware_counts", (*hardwareCount).layout, hardwareCount.compare)
	checkoutCounts = newTable("checkout_counts", (*checkoutCount).layout, checkoutCount.compare)
	dailyCounts    = newTable("daily_counts", (*dailyCount).layout, dailyCount.compare)
	issueCounts    = newTable("issue_counts", (*issueCount).layout, issueCount.compare)
	incidentCounts = newTable("incident_counts", (*incidentCount).layout, incidentCount.compare)
	objectCounts   = newTable("object_counts", (*objectCount).layout, objectCount.compare)
)

// testCount counts the tests of a build that have all of these values in common.
type testCount struct {
	buildID                                          string
	hash                                             int64
	day                                              int64 // of the start
	origin, suite, platform, compatible, lab, reason string
	status                                           report.Status
	n                                                int64
}

func (r *testCount) layout() layout {
	return layout{
		key: []column{text("build_id", &r.buildID), hash("key", &r.hash)},
		about: []column{
			day("day", &r.day), text("origin", &r.origin), text("suite", &r.suite), text("platform", &r.platform),
			text("compatible", &r.compatible), text("lab", &r.lab), text("reason", &r.reason), text("status", (*string)(&r.status)),
		},
		values: []column{number("n", &r.n)},
	}
}

func (r testCount) compare(other testCount) int {
	return cmp.Or(cmp.Compare(r.buildID, other.buildID), cmp.Compare(r.hash, other.hash))
}

func (r testCount) withN(n int64) testCount {
	r.hash = HashOf(strconv.FormatInt(r.day, 10), r.origin, r.suite, r.platform, r.compatible, r.lab, r.reason, string(r.status))
	r.n = n
	return r
}

// kind returns the kind of the tests.
func (r *testCount) kind() Kind { return KindOf(r.suite) }

// daily returns the row that counts the same tests by their day.
func (r *testCount) daily() dailyCount {
	return dailyCount{day: r.day, origin: r.origin, lab: r.lab, kind: r.kind(), status: r.status}
}

// hardware returns the row that counts the same tests by their platform.
func (r *testCount) hardware() hardwareCount {
	return hardwareCount{
		day: r.day, platform: r.platform, compatible: r.compatible, origin: r.origin, buildID: r.buildID, kind: r.kind(), status: r.status,
	}
}

// hardwareCount counts the tests of a build on a platform that started on a day. Tests
// without a platform are not counted.
type hardwareCount struct {
	day, hash                             int64
	platform, compatible, origin, buildID string
	kind                                  Kind
	status                                report.Status
	n                                     int64
}

func (r *hardwareCount) layout() layout {
	return layout{
		key: []column{day("day", &r.day), hash("key", &r.hash)},
		about: []column{
			text("platform", &r.platform), text("compatible", &r.compatible), text("origin", &r.origin), text("build_id", &r.buildID),
			text("kind", (*string)(&r.kind)), text("status", (*string)(&r.status)),
		},
		values: []column{number("n", &r.n)},
	}
}

func (r hardwareCount) compare(other hardwareCount) int {
	return cmp.Or(cmp.Compare(r.day, other.day), cmp.Compare(r.hash, other.hash))
}

func (r hardwareCount) withN(n int64) hardwareCount {
	r.hash = HashOf(r.platform, r.compatible, r.origin, r.buildID, string(r.kind), string(r.status))
	r.n = n
	return r
}

// checkoutCount counts the builds and tests of a checkout.
type checkoutCount struct {
	checkoutID string
	kind       Kind
	status     report.Status
	n          int64
}

func (r *checkoutCount) layout() layout {
	return layout{
		key:    []column{text("checkout_id", &r.checkoutID), text("kind", (*string)(&r.kind)), text("status", (*string)(&r.status))},
		values: []column{number("n", &r.n)},
	}
}

func (r checkoutCount) compare(other checkoutCount) int {
	return cmp.Or(cmp.Compare(r.checkoutID, other.checkoutID), cmp.Compare(r.kind, other.kind), cmp.Compare(r.status, other.status))
}

func (r checkoutCount) withN(n int64) checkoutCount { r.n = n; return r }

// dailyCount counts the checkouts, builds and tests that started on a day.
type dailyCount struct {
	day, hash   int64
	origin, lab string
	kind        Kind
	status      report.Status
	n           int64
}

func (r *dailyCount) layout() layout {
	return layout{
		key:    []column{day("day", &r.day), hash("key", &r.hash)},
		about:  []column{text("origin", &r.origin), text("lab", &r.lab), text("kind", (*string)(&r.kind)), text("status", (*string)(&r.status))},
		values: []column{number("n", &r.n)},
	}
}

func (r dailyCount) compare(other dailyCount) int {
	return cmp.Or(cmp.Compare(r.day, other.day), cmp.Compare(r.hash, other.hash))
}

func (r dailyCount) withN(n int64) dailyCount {
	r.hash = HashOf(r.origin, r.lab, string(r.kind), string(r.status))
	r.n = n
	return r
}

// issueCount counts the sightings of a version of an issue. Only a sighting at a known
// time is the first or the last; without one the times are 0 and the incidents "".
type issueCount struct {
	issueKey
	firstSeen     int64
	firstIncident string
	lastSeen      int64
	lastIncident  string
	n             int64
}

// issueKey names a version of an issue.
type issueKey struct {
	issueID string
	version int64
}

func (k *issueKey) columns() []column {
	return []column{text("issue_id", &k.issueID), number("issue_version", &k.version)}
}

func (k issueKey) compareKey(other issueKey) int {
	return cmp.Or(cmp.Compare(k.issueID, other.issueID), cmp.Compare(k.version, other.version))
}

func (r *issueCount) layout() layout {
	return layout{
		key: r.columns(),
		values: []column{
			timeColumn("first_seen", &r.firstSeen), text("first_incident", &r.firstIncident),
			timeColumn("last_seen", &r.lastSeen), text("last_incident", &r.lastIncident), number("n", &r.n),
		},
	}
}

func (r issueCount) compare(other issueCount) int { return r.compareKey(other.issueKey) }

func (r issueCount) withN(n int64) issueCount { r.n = n; return r }

// incidentCount counts the incidents with a version of an issue that arrived on a day.
type incidentCount struct {
	issueKey
	day    int64
	origin string
	kind   Kind // Builds, Tests, Absent, or "" for an incident of neither
	n      int64
}

func (r *incidentCount) layout() layout {
	return layout{
		key:    append(r.columns(), day("day", &r.day), text("origin", &r.origin), text("kind", (*string)(&r.kind))),
		values: []column{number("n", &r.n)},
	}
}

func (r incidentCount) compare(other incidentCount) int {
	return cmp.Or(r.compareKey(other.issueKey), cmp.Compare(r.day, other.day), cmp.Compare(r.origin, other.origin), cmp.Compare(r.kind, other.kind))
}

func (r incidentCount) withN(n int64) incidentCount { r.n = n; return r }

// objectCount counts the objects of a list of the store. The count of a list is the
// sum of its shards.
type objectCount struct {
	list  string
	shard int64
	n     int64
}

func (r *objectCount) layout() layout {
	return layout{
		key:    []column{text("list", &r.list), number("shard", &r.shard)},
		values: []column{number("n", &r.n)},
	}
}

func (r objectCount) compare(other objectCount) int {
	return cmp.Or(cmp.Compare(r.list, other.list), cmp.Compare(r.shard, other.shard))
}

// HashOf returns a hash of texts. Tables have it as part of their key instead of the
// texts themselves.
func HashOf(texts ...string) int64 {
	var b []byte
	for _, text := range texts {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:]))
}
