// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// rollups checks that the roll-ups agree with a recount after each random sequence of
// loads and purges, and that damage is found and repaired.
func (s suite) rollups(t *testing.T) {
	streams, steps := 12, 30
	if testing.Short() {
		streams, steps = 1, 10
	}
	for seed := range uint64(streams) {
		db := s.ready(t)
		r := rand.New(rand.NewPCG(seed, 5))
		for step := range steps {
			switch what := r.IntN(10); {
			case what == 0:
				before := moment(r.IntN(40))
				if err := db.Purge(t.Context(), store.PurgeOptions{Before: before, KeepIncidents: r.IntN(2) == 0}); err != nil {
					t.Fatal(err)
				}
			default:
				mustLoad(t, db, Random(r, 1+r.IntN(12)), store.LoadOptions{Metadata: true})
			}
			if step%5 == 4 {
				VerifyRollups(t, db)
			}
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, step)
			}
		}
		if seed == 0 && !testing.Short() {
			s.repair(t, rollup.Of(db))
		}
		if err := db.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		VerifyRollups(t, db)
		db.Close()
	}
}

// repair damages each table, and checks that Verify finds the damage and Rebuild repairs
// it.
func (s suite) repair(t *testing.T, db *rollup.DB) {
	for _, table := range rollup.Tables {
		if err := db.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM "+table)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	found := make(map[string]bool)
	if err := db.Verify(t.Context(), rollup.VerifyOptions{}, func(d rollup.Difference) { found[d.Table] = true }); err != nil {
		t.Fatal(err)
	}
	// The other tables are counted from these tables, which are empty.
	for _, table := range []string{"test_counts", "counted_builds", "counted_checkouts", "sightings", "absences", "object_counts"} {
		if !found[table] {
			t.Errorf("the rows of %s are missing, and Verify does not report it", table)
		}
	}
	if err := db.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	verifyRollups(t, db)
	for _, table := range rollup.Tables {
		set := "n = n + 1"
		switch table {
		case "counted_builds":
			set = "lab = lab || 'x'"
		case "counted_checkouts", "tree_heads":
			set = "start = start + 1"
		case "sightings":
			set = "seen = seen + 1"
		case "absences":
			set = "arrived = arrived + 1"
		}
		if err := db.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE "+table+" SET "+set)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		found := make(map[string]bool)
		if err := db.Verify(t.Context(), rollup.VerifyOptions{}, func(d rollup.Difference) { found[d.Table] = true }); err != nil {
			t.Fatal(err)
		}
		if !found[table] {
			t.Errorf("%s is wrong, and Verify does not report it", table)
		}
		if err := db.Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		verifyRollups(t, db)
	}
}

// VerifyRollups fails the test if the roll-ups of a store differ from a recount of its
// objects.
func VerifyRollups(t testing.TB, db store.Sink) {
	t.Helper()
	verifyRollups(t, rollup.Of(db))
}

// verifyRollups fails the test if roll-ups differ from a recount.
func verifyRollups(t testing.TB, db *rollup.DB) {
	t.Helper()
	n := 0
	err := db.Verify(t.Context(), rollup.VerifyOptions{}, func(d rollup.Difference) {
		if n++; n <= 10 {
			t.Error(d)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if n > 10 {
		t.Errorf("and %d more", n-10)
	}
}

// Random returns a report of n objects out of a small world, so that they are
// repeated, changed, late, without parents and moved from one to another.
func Random(r *rand.Rand, n int) *report.Report {
	some := func(names ...string) *string {
		if i := r.IntN(len(names) + 1); i < len(names) {
			return &names[i]
		}
		return nil
	}
	status := func() *report.Status {
		all := []report.Status{"FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"}
		if i := r.IntN(len(all) + 2); i < len(all) {
			return &all[i]
		}
		return nil
	}
	start := func() *time.Time {
		if r.IntN(5) == 0 {
			return nil
		}
		return new(time.Date(2025, 7, 1+r.IntN(4), r.IntN(24), 0, 0, r.IntN(1000)*1000, time.UTC))
	}
	at := func() *time.Time { return new(moment(r.IntN(40))) }
	misc := func(member string, values ...string) []byte {
		if value := some(values...); value != nil {
			return fmt.Appendf(nil, `{"x": %d, %q: %q}`, r.IntN(2), member, *value)
		}
		return [][]byte{nil, []byte(`{}`), fmt.Appendf(nil, `{%q: 1}`, member)}[r.IntN(3)]
	}
	origins := []string{"a", "b"}
	id := func(kind string, of int) (string, string) {
		origin := origins[r.IntN(2)]
		if kind == "b" && r.IntN(8) == 0 {
			return "maestro:dummy_1", "maestro"
		}
		return fmt.Sprintf("%s:%s%d", origin, kind, r.IntN(of)), origin
	}
	all := &report.Report{}
	for range n {
		switch kind := r.IntN(12); {
		case kind < 2:
			c := report.Checkout{Timestamp: at(), TreeName: some("mainline", "next"), GitRepositoryURL: some("https://x", "https://y"), GitRepositoryBranch: some("main", "dev"), StartTime: start()}
			c.ID, c.Origin = id("c", 4)
			all.Checkouts = append(all.Checkouts, c)
		case kind < 5:
			b := report.Build{Timestamp: at(), Architecture: some("arm64", "x86"), ConfigName: some("def", "all"), Compiler: some("gcc", "clang"), Status: status(), StartTime: start(), Misc: misc("runtime", "k8s", "lab")}
			b.ID, b.Origin = id("b", 6)
			b.CheckoutID, _ = id("c", 5)
			all.Builds = append(all.Builds, b)
		case kind < 10:
			x := report.Test{Timestamp: at(), Path: some("boot", "boot.nfs", "bootx", "ltp.a", "ltp.b.c", ""), Status: status(), StartTime: start(), Misc: misc("runtime", "lab-1", "lab-2")}
			x.ID, x.Origin = id("t", 20)
			x.BuildID, _ = id("b", 7)
			if r.IntN(4) > 0 {
				x.Environment = &report.Environment{Misc: misc("platform", "rpi", "qemu"), Compatible: [][]string{nil, {"v,rpi"}, {"v,rpi", "v,soc"}, {}}[r.IntN(4)]}
			}
			if r.IntN(3) == 0 {
				x.Misc = misc("error_msg", "no boot", "panic")
			}
			all.Tests = append(all.Tests, x)
		case kind < 11:
			i := report.Incident{Timestamp: at(), IssueVersion: r.IntN(2)}
			i.ID, i.Origin = id("n", 10)
			i.IssueID, _ = id("i", 2)
			if build, _ := id("b", 7); r.IntN(2) == 0 {
				i.BuildID = &build
			}
			if test, _ := id("t", 22); r.IntN(2) == 0 {
				i.TestID = &test
			}
			if r.IntN(2) == 0 {
				i.Present = new(r.IntN(2) == 0)
			}
			all.Incidents = append(all.Incidents, i)
		default:
			i := report.Issue{Timestamp: at(), Version: r.IntN(2)}
			i.ID, i.Origin = id("i", 2)
			all.Issues = append(all.Issues, i)
		}
	}
	return all
}
