// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/report"
)

// Days are days in UTC, from the first to the last one, counted from 1970.
type Days struct{ First, Last int64 }

// DaysOf returns the days of two moments and those between them. What has no time
// is of none of them.
func DaysOf(start, end time.Time) Days { return Days{max(DayOf(start), 0), DayOf(end)} }

// Hardware is a platform, with what ran on it.
type Hardware struct {
	Platform    string
	Compatibles []string // sorted
	// Counts are of its boots and other tests, and of the builds that these are of.
	Counts
}

// add adds n of a kind and a status.
func (c Counts) add(kind Kind, status string, n int64) {
	if c[kind] == nil {
		c[kind] = make(map[report.Status]int64)
	}
	c[kind][report.Status(status)] += n
}

// HardwareTests are the tests that started on days, of an origin.
type HardwareTests struct {
	Days   Days
	Origin string
}

// HardwareBuild is a build with tests on a hardware.
type HardwareBuild struct{ BuildID, CheckoutID string }

// Revision is a checkout, without what is long. Texts it does not have are "".
type Revision struct {
	CheckoutID, Origin     string
	TreeName               string // what the checkout says itself
	RepositoryURL, Branch  string
	CommitHash, CommitName string
	Start                  int64 // microseconds since 1970, 0 for none
}

// tested are the rows of hardware_counts of some tests, by the parameters $1 to $3.
const tested = " FROM hardware_counts h WHERE h.day BETWEEN $1 AND $2 AND h.origin = $3"

func (t *HardwareTests) args(more ...any) []any {
	return append([]any{t.Days.First, t.Days.Last, t.Origin}, more...)
}

// Hardware returns the platforms of tests of checkouts, and what ran on them, in the
// order of their names.
func (db *DB) Hardware(ctx context.Context, tests HardwareTests, checkouts []string) (all []Hardware, err error) {
	args := tests.args(db.List(checkouts))
	of := " AND h.build_id IN (SELECT build_id FROM counted_builds WHERE checkout_id <> '' AND " + db.In("checkout_id", 4) + ")"
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		all, err = readHardware(ctx, tx, tested+of, "h.kind", args, func(kind string) Kind { return Kind(kind) })
		return err
	})
	return all, db.Failure(ctx, "read hardware", err)
}

// HardwareOf returns the platforms of all tests of an origin of checkouts, and what
// ran on them.
func (db *DB) HardwareOf(ctx context.Context, checkouts []string, origin string) (all []Hardware, err error) {
	from := " FROM counted_builds c JOIN test_counts h ON h.build_id = c.build_id" +
		" WHERE c.checkout_id <> '' AND h.platform <> '' AND " + db.In("c.checkout_id", 1) + " AND h.origin = $2"
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		all, err = readHardware(ctx, tx, from, "h.suite", []any{db.List(checkouts), origin}, KindOf)
		return err
	})
	return all, db.Failure(ctx, "read hardware", err)
}

// readHardware sums up the rows "h" of counts of tests, one of whose columns tells
// their kind. The database adds them up: how much is read goes by the platforms.
func readHardware(ctx context.Context, tx Tx, from, column string, args []any, kindOf func(string) Kind) ([]Hardware, error) {
	found := make(map[string]*Hardware)
	compatibles := make(map[string]set)
	var platform, compatible, what, status string
	var n int64
	of := func() *Hardware {
		h := found[platform]
		if h == nil {
			h = &Hardware{Platform: platform, Counts: make(Counts)}
			found[platform] = h
		}
		return h
	}
	err := Read(ctx, tx, "SELECT h.platform, h.compatible, "+column+", h.status, CAST(sum(h.n) AS bigint)"+from+" GROUP BY 1, 2, 3, 4",
		args, []any{&platform, &compatible, &what, &status, &n}, func() error {
			of().add(kindOf(what), status, n)
			names := compatibles[platform]
			for _, name := range listOf(compatible) {
				names.add(name)
			}
			compatibles[platform] = names
			return nil
		})
	if err != nil {
		return nil, err
	}
	err = Read(ctx, tx, "SELECT p.platform, b.status, count(*) FROM (SELECT DISTINCT h.platform, h.build_id"+from+") p"+
		" JOIN counted_builds b ON b.build_id = p.build_id WHERE b.checkout_id <> '' AND "+notDummy("b.build_id")+" GROUP BY 1, 2",
		args, []any{&platform, &status, &n}, func() error {
			of().add(Builds, status, n)
			return nil
		})
	if err != nil {
		return nil, err
	}
	var all []Hardware
	for _, name := range slices.Sorted(maps.Keys(found)) {
		found[name].Compatibles = compatibles[name].sorted()
		all = append(all, *found[name])
	}
	return all, nil
}

// HardwarePage is what there is of a hardware.
type HardwarePage struct {
	Compatibles []string // of its platforms, sorted
	Builds      []HardwareBuild
	Revisions   []Revision // the checkouts of the builds, those that started last first
}

// HardwarePage returns the builds with tests on platforms that have a name, or are
// compatible with it, and their checkouts. Builds that nobody knows the checkout of
// are left out.
func (db *DB) HardwarePage(ctx context.Context, tests HardwareTests, name string) (*HardwarePage, error) {
	page := new(HardwarePage)
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		// Lists are compared here, for the databases have them as they were sent.
		var platform, compatible string
		var names set
		lists := make(set)
		found := false
		err := Read(ctx, tx, "SELECT DISTINCT h.platform, h.compatible"+tested, tests.args(), []any{&platform, &compatible}, func() error {
			list := listOf(compatible)
			is := slices.Contains(list, name)
			if is {
				lists.add(compatible)
			}
			if is || platform == name {
				found = true
				for _, name := range list {
					names.add(name)
				}
			}
			return nil
		})
		if err != nil || !found {
			return err
		}
		page.Compatibles = names.sorted()
		checkouts := make(set)
		var b HardwareBuild
		err = Read(ctx, tx, "SELECT DISTINCT b.build_id, b.checkout_id FROM counted_builds b WHERE b.checkout_id <> '' AND b.build_id IN (SELECT h.build_id"+
			tested+" AND (h.platform = $4 OR "+db.In("h.compatible", 5)+")) ORDER BY b.build_id",
			tests.args(name, db.List(lists.sorted())), []any{&b.BuildID, &b.CheckoutID}, func() error {
				page.Builds = append(page.Builds, b)
				checkouts.add(b.CheckoutID)
				return nil
			})
		if err != nil {
			return err
		}
		page.Revisions, err = db.revisions(ctx, tx, checkouts.sorted())
		return err
	})
	return page, db.Failure(ctx, "read a hardware", err)
}

// HardwareCounts counts builds, and all tests of them on platforms that have a name
// or are compatible with it, by their checkouts.
func (db *DB) HardwareCounts(ctx context.Context, name string, builds []string) (map[string]Counts, error) {
	all := make(map[string]Counts)
	var checkout, platform, compatible, suite, status string
	var n int64
	of := func() Counts {
		if all[checkout] == nil {
			all[checkout] = make(Counts)
		}
		return all[checkout]
	}
	from := " FROM counted_builds b JOIN test_counts h ON h.build_id = b.build_id WHERE " + db.In("b.build_id", 1)
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		err := Read(ctx, tx, "SELECT b.checkout_id, h.platform, h.compatible, h.suite, h.status, CAST(sum(h.n) AS bigint)"+from+" GROUP BY 1, 2, 3, 4, 5",
			[]any{db.List(builds)}, []any{&checkout, &platform, &compatible, &suite, &status, &n}, func() error {
				if platform == name || slices.Contains(listOf(compatible), name) {
					of().add(KindOf(suite), status, n)
				}
				return nil
			})
		if err != nil {
			return err
		}
		return Read(ctx, tx, "SELECT b.checkout_id, b.status, count(*) FROM counted_builds b WHERE "+db.In("b.build_id", 1)+
			" AND "+notDummy("b.build_id")+" GROUP BY 1, 2", []any{db.List(builds)}, []any{&checkout, &status, &n},
			func() error { of().add(Builds, status, n); return nil })
	})
	return all, db.Failure(ctx, "read a hardware", err)
}

// TestedCheckouts returns the checkouts of the builds that tests are of, those that
// started last first. Checkouts that are not there are left out.
func (db *DB) TestedCheckouts(ctx context.Context, tests HardwareTests) (all []Revision, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		var ids []string
		var id string
		err := Read(ctx, tx, "SELECT DISTINCT b.checkout_id FROM counted_builds b WHERE b.checkout_id <> '' AND b.build_id IN (SELECT h.build_id"+tested+")",
			tests.args(), []any{&id}, func() error { ids = append(ids, id); return nil })
		if err == nil {
			all, err = db.revisions(ctx, tx, ids)
		}
		return err
	})
	return all, db.Failure(ctx, "read tested checkouts", err)
}

// revisionColumns are what is read of a checkout "c" into a Revision.
func (d *Dialect) revisionColumns() string {
	return "c.id, c.origin, " + Text("c.tree_name") + ", " + Text("c.git_repository_url") + ", " + Text("c.git_repository_branch") + ", " +
		Text("c.git_commit_hash") + ", " + Text("c.git_commit_name") + ", " + d.Micros("c.start_time")
}

func (r *Revision) into() []any {
	return []any{&r.CheckoutID, &r.Origin, &r.TreeName, &r.RepositoryURL, &r.Branch, &r.CommitHash, &r.CommitName, &r.Start}
}

// revisions returns checkouts, those that started last first.
func (d *Dialect) revisions(ctx context.Context, tx Tx, ids []string) (all []Revision, err error) {
	var r Revision
	err = Read(ctx, tx, "SELECT "+d.revisionColumns()+" FROM checkouts c WHERE "+d.In("c.id", 1), []any{d.List(ids)}, r.into(),
		func() error { all = append(all, r); return nil })
	slices.SortFunc(all, newestFirst)
	return all, err
}

// listOf returns the texts of a JSON list, none where it is not one.
func listOf(text string) (list []string) {
	if text != "" && jsonv2.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

func newestFirst(a, b Revision) int {
	return cmp.Or(cmp.Compare(b.Start, a.Start), strings.Compare(b.CheckoutID, a.CheckoutID))
}

// notDummy returns the condition that IsDummy does not tell of a build's ID.
func notDummy(column string) string { return "substr(" + column + ", 1, 14) <> 'maestro:dummy_'" }
