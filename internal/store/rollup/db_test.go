// SPDX-License-Identifier: Apache-2.0

package rollup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// run runs a statement on the roll-ups.
func run(t *testing.T, db *rollup.DB, statement string) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error { _, err := tx.Exec(ctx, statement); return err })
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// differences returns what Verify finds, as lines.
func differences(t *testing.T, db *rollup.DB) (all []string) {
	t.Helper()
	if err := db.Verify(t.Context(), rollup.VerifyOptions{}, func(d rollup.Difference) { all = append(all, d.String()) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// manyBuilds returns builds with a test each, and a number of checkouts and incidents. Their
// IDs have unusual characters.
func manyBuilds(builds, others int) *report.Report {
	r := &report.Report{}
	odd := []string{"", " ", "é", "😀", "\u007f", "'", `"`, "%", "_", "~", "\\"}
	for i := range max(builds, others) {
		id := fmt.Sprintf("ci:%s%d", odd[i%len(odd)], i)
		at := new(time.UnixMicro(int64(i) * 3600 * 1e6).UTC())
		if i < others {
			r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "ci", TreeName: new(fmt.Sprint(i % 7)), StartTime: at})
			r.Incidents = append(r.Incidents, report.Incident{ID: id, Origin: "ci", IssueID: id, BuildID: &id})
		}
		if i < builds {
			r.Builds = append(r.Builds, report.Build{ID: id, Origin: "ci", CheckoutID: id, StartTime: at})
			r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: id, StartTime: at, Environment: &report.Environment{Misc: []byte(`{"platform":"x"}`)}})
		}
	}
	return r
}

func load(t *testing.T, db store.Store, r *report.Report) {
	t.Helper()
	if _, err := db.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestRebuildVisitsAll: a rebuild of empty roll-ups counts all objects.
func TestRebuildVisitsAll(t *testing.T) {
	t.Parallel()
	s := empty(t)
	load(t, s, manyBuilds(45, 520)) // more than a chunk of each
	db := rollup.New(s.SQL())
	before := counts(t, db, rollup.Tables...)
	for _, table := range rollup.Tables {
		run(t, db, "DELETE FROM "+table)
	}
	last := make(map[string]int64)
	err := db.Rebuild(t.Context(), func(what string, done, total int64) {
		if done < last[what] || done > total {
			t.Errorf("%s: %d of %d, after %d", what, done, total, last[what])
		}
		last[what] = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, counts(t, db, rollup.Tables...)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	want := map[string]int64{
		"builds counted": 45, "checkouts counted": 520, "trees counted": 7, "incidents counted": 520, "issues counted": 520, "days counted": 23, "lists counted": 4,
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

// TestStrays: Verify finds, and Rebuild removes, rows that belong to no object, at both
// ends of the range of their keys.
func TestStrays(t *testing.T) {
	t.Parallel()
	s := empty(t)
	db := rollup.New(s.SQL())
	load(t, s, storetest.Random(rand.New(rand.NewPCG(1, 1)), 40))
	before := counts(t, db, rollup.Tables...)
	n := 0
	for _, id := range []string{"", " ", "\x01", "a", "ci:~", "~", "\U0010ffff"} {
		for _, day := range []int64{-1 << 63, -5, 0, 2, 1 << 40, 1<<63 - 1} {
			for _, insert := range []string{
				"test_counts VALUES (%[1]s, %[2]d, %[2]d, 'x', '', 'x', '', '', '', '', 1)",
				"hardware_counts VALUES (%[2]d, length(%[1]s) * 1000 + unicode(%[1]s || 'x'), %[1]s, '', '', '', 'test', '', 1)",
				"daily_counts VALUES (%[2]d, length(%[1]s) * 1000 + unicode(%[1]s || 'x'), %[1]s, '', 'test', '', 1)",
				"checkout_counts VALUES (%[1]s, 'test', '%[2]d', 1)",
				"issue_counts VALUES (%[1]s, %[2]d, 0, '', 0, '', 1)",
				"incident_counts VALUES (%[1]s, %[2]d, %[2]d, '', 'test', 1)",
				"object_counts VALUES ('tests', length(%[1]s) * 1000 + unicode(%[1]s || 'x') + %[2]d %% 1000000, 1)",
			} {
				run(t, db, "INSERT INTO "+fmt.Sprintf(insert, "'"+id+"'", day))
				n++
			}
		}
		for _, insert := range []string{
			"counted_builds VALUES (%[1]s || 'b', %[1]s, '', '', '', '', '', '', 3, 0)",
			"counted_builds VALUES (%[1]s, 'x', '', '', '', '', '', '', -7, 0)",
			"counted_checkouts VALUES (%[1]s, '', -1 << 63, -8, 0)",
			"tree_heads VALUES (unicode(%[1]s || 'x'), %[1]s, '', '', '', '', 0)",
			"sightings VALUES (%[1]s, %[1]s, 0, '', '', '', '', 0, '', 0)",
			"absences VALUES (%[1]s, %[1]s, 0, '', 0)",
		} {
			run(t, db, "INSERT INTO "+fmt.Sprintf(insert, "'"+id+"'"))
			n++
		}
	}
	if found := differences(t, db); len(found) < n {
		t.Errorf("%d of %d strays are found", len(found), n)
	}
	if err := db.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, counts(t, db, rollup.Tables...)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	storetest.VerifyRollups(t, s)
}

// TestRebuildWhileOthersLoad loads and purges objects between the chunks of a rebuild of
// empty roll-ups.
func TestRebuildWhileOthersLoad(t *testing.T) {
	t.Parallel()
	seeds := 12
	if testing.Short() {
		seeds = 3
	}
	for seed := range uint64(seeds) {
		s := empty(t)
		db := rollup.New(s.SQL())
		r := rand.New(rand.NewPCG(seed, 7))
		load(t, s, storetest.Random(r, 100))
		for _, table := range rollup.Tables {
			run(t, db, "DELETE FROM "+table)
		}
		run(t, db, "UPDATE rollups SET complete = 0")
		err := db.Rebuild(t.Context(), func(string, int64, int64) {
			if r.IntN(6) == 0 {
				before := time.Now().Add(-time.Duration(r.IntN(1000)) * time.Microsecond)
				if err := s.Purge(t.Context(), store.PurgeOptions{Before: before}); err != nil {
					t.Fatal(err)
				}
			}
			load(t, s, storetest.Random(r, 1+r.IntN(10)))
		})
		if err != nil {
			t.Fatal(err)
		}
		if complete, err := db.Complete(t.Context()); !complete || err != nil {
			t.Errorf("complete: %v, %v", complete, err)
		}
		if storetest.VerifyRollups(t, s); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestRebuildInterrupted cancels a rebuild after each number of steps, and runs it again.
func TestRebuildInterrupted(t *testing.T) {
	t.Parallel()
	s := empty(t)
	load(t, s, storetest.Random(rand.New(rand.NewPCG(3, 3)), 60))
	db := rollup.New(s.SQL())
	run(t, db, "DELETE FROM test_counts")
	run(t, db, "UPDATE rollups SET complete = 0")
	for steps := 0; ; steps++ {
		ctx, cancel := context.WithCancel(t.Context())
		left := steps
		err := db.Rebuild(ctx, func(string, int64, int64) {
			if left--; left < 0 {
				cancel()
			}
		})
		cancel()
		complete, failed := db.Complete(t.Context())
		if failed != nil {
			t.Fatal(failed)
		}
		if err == nil {
			if !complete || steps < 6 {
				t.Errorf("it ends after %d steps, complete: %v", steps, complete)
			}
			break
		}
		if !errors.Is(err, context.Canceled) || complete {
			t.Fatalf("after %d steps: %v, complete: %v", steps, err, complete)
		}
	}
	storetest.VerifyRollups(t, s)
}

func TestVerifySample(t *testing.T) {
	t.Parallel()
	s := empty(t)
	load(t, s, manyBuilds(90, 10))
	db := rollup.New(s.SQL())
	run(t, db, "UPDATE counted_builds SET lab = 'x'")
	run(t, db, "UPDATE checkout_counts SET n = 5")
	verify := func(sample float64) (found int, checked map[string]int) {
		checked = make(map[string]int)
		err := db.Verify(t.Context(), rollup.VerifyOptions{Sample: sample, Checked: func(what string, n int) { checked[what] += n }},
			func(d rollup.Difference) {
				if strings.HasPrefix(d.Table, "counted_builds") {
					found++
				}
			})
		if err != nil {
			t.Fatal(err)
		}
		return found, checked
	}
	all := map[string]int{"builds": 90, "checkouts": 90, "trees": 7, "incidents": 10, "issues": 10, "days": 5, "lists": 4}
	for _, sample := range []float64{0, 1, 2} {
		found, checked := verify(sample)
		if diff := cmp.Diff(all, checked); diff != "" || found != 90 {
			t.Errorf("%v: %d differences (-want +got):\n%s", sample, found, diff)
		}
	}
	some := false
	for range 10 { // the chance of all or none of 5 chunks each time is 1 in 10^12
		found, checked := verify(0.5)
		if found != checked["builds"] {
			t.Fatalf("%d of %d are different", found, checked["builds"])
		}
		some = some || found > 0 && found < 90
	}
	if !some {
		t.Error("a sample is all or nothing")
	}
}

// Errors have the meaning of the contract of stores.
func TestErrors(t *testing.T) {
	s := sqlite.OpenMemory("test")
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{Major: 4}); err != nil {
		t.Fatal(err)
	}
	db := rollup.New(s.SQL())
	if err := db.Verify(t.Context(), rollup.VerifyOptions{}, func(rollup.Difference) {}); !errors.Is(err, store.ErrOldSchema) {
		t.Errorf("verify: %v", err)
	}
	if err := db.Rebuild(t.Context(), nil); !errors.Is(err, store.ErrOldSchema) {
		t.Errorf("rebuild: %v", err)
	}
	if _, err := db.Complete(t.Context()); !errors.Is(err, store.ErrOldSchema) {
		t.Errorf("complete: %v", err)
	}
}

// TestUpgradeCounts: an upgrade counts the objects that are older than the roll-ups.
func TestUpgradeCounts(t *testing.T) {
	s := empty(t)
	load(t, s, storetest.Random(rand.New(rand.NewPCG(9, 9)), 60))
	db := rollup.New(s.SQL())
	before := counts(t, db, rollup.Tables...)
	for _, table := range rollup.Tables {
		run(t, db, "DELETE FROM "+table)
	}
	run(t, db, "UPDATE rollups SET complete = 0")
	if err := s.Upgrade(t.Context(), store.Version{}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, counts(t, db, rollup.Tables...)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}
