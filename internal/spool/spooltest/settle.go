// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

func testLease(t *testing.T, f *fixture) {
	for _, step := range []struct {
		after  time.Duration
		holder string
		want   bool
	}{
		{0, "a", true},
		{0, "b", false},
		{50 * time.Second, "a", true}, // longer
		{50 * time.Second, "b", false},
		{10*time.Second + 1000, "b", true}, // it ran out
		{0, "a", false},
		{-2 * time.Hour, "a", true}, // the clock was put back, and b may be gone
		{0, "b", false},
		{24 * time.Hour, "b", true},
	} {
		f.advance(step.after)
		got, err := f.Lease(t.Context(), step.holder, time.Minute)
		f.must(err)
		if got != step.want {
			t.Errorf("%+v: %v", step, got)
		}
	}
	f.must(f.Release(t.Context(), "a")) // not the holder
	if got, err := f.Lease(t.Context(), "a", time.Minute); got || err != nil {
		t.Error("the lease of another holder was released", err)
	}
	f.must(f.Release(t.Context(), "b"))
	if got, err := f.Lease(t.Context(), "a", time.Minute); !got || err != nil {
		t.Error("the lease was not released", err)
	}
}

func testSettle(t *testing.T, f *fixture) {
	ctx := t.Context()
	for range 3 {
		f.source.Note(t, 1, "")
	}
	batches, err := f.source.Changes(ctx, 10)
	f.must(err)
	test := object.TestRef("ci:1")
	revision := object.Ref{Type: object.TypeRevision, ID: object.ID{"abc", ""}}
	version := object.Ref{Type: object.TypeIssueVersion, ID: object.ID{"a\nb", "3"}}
	settlement := spool.Settlement{
		Batches:       []string{batches[1].ID, batches[0].ID},
		Notifications: []spool.NewNotification{{Identity: spool.Identity{Subscription: "s", Object: version, Message: "m"}, Changed: noon, Reason: "re\x00\xffason"}},
		Considered:    []spool.Considered{{Subscription: "s", Day: "2026-03-04", Objects: 5, Matched: 2, Errors: 1, LastError: "bad"}},
		Statuses:      []spool.Status{{Object: revision, Status: "PASS", At: noon}, {Object: version, Status: "", At: noon}, {Object: test, Status: "MISS", At: noon}},
	}
	f.must(f.Settle(ctx, settlement))

	// One that names a batch that is settled changes nothing.
	again := settlement
	again.Batches = []string{batches[2].ID, batches[0].ID}
	again.Statuses = []spool.Status{{Object: revision, Status: "FAIL", At: noon}}
	f.allowTaken(f.Settle(ctx, again))
	settled, err := f.Settled(ctx, []string{batches[0].ID, batches[1].ID, batches[2].ID})
	f.must(err)
	if !slices.Equal(settled, []string{batches[0].ID, batches[1].ID}) {
		t.Errorf("settled are %v", settled)
	}
	again.Batches = []string{batches[2].ID}
	again.Statuses, again.Notifications = nil, nil
	again.Considered[0].LastError = ""
	f.must(f.Settle(ctx, again))

	statuses, err := f.Statuses(ctx, []object.Ref{revision, version, test, {Type: object.TypeTest, ID: object.ID{"abc"}}})
	f.must(err)
	want := map[object.Ref]spool.Status{revision: {Object: revision, Status: "PASS", At: noon}, version: {Object: version, At: noon}, test: {Object: test, Status: "MISS", At: noon}}
	if !reflect.DeepEqual(statuses, want) {
		t.Errorf("statuses %v, want %v", statuses, want)
	}
	counters, err := f.Counters(ctx, "2026-03-04")
	f.must(err)
	if len(counters) != 1 || counters[0] != (spool.Considered{Subscription: "s", Day: "2026-03-04", Objects: 10, Matched: 4, Errors: 2, LastError: "bad"}) {
		t.Errorf("counters %+v", counters)
	}
	if later, err := f.Counters(ctx, "2026-03-05"); err != nil || later != nil {
		t.Errorf("counters of days before: %v, %v", later, err)
	}
	n := f.pickOne()
	if n.Object != version || n.Message != "m" || n.Reason != "re\uFFFD\uFFFDason" || !n.Due.Equal(noon) || !n.First.Equal(noon) || n.State != spool.Waiting {
		t.Errorf("notification %+v", n)
	}
}

// testRedelivery: a batch that the source sends again is settled only once, with a batch
// that is new.
func testRedelivery(t *testing.T, f *fixture) {
	w := &simulation{fixture: f}
	f.source.Note(t, 3, "a")
	batches, err := f.source.Changes(t.Context(), 10)
	f.must(err)
	f.must(f.Settle(t.Context(), settlementOf(batches))) // and the process dies before Done
	f.source.Note(t, 4, "b")
	for range 2 {
		if err := w.consider(t.Context(), 10); err != nil {
			f.allowTaken(err)
		}
	}
	c, err := f.Counters(t.Context(), "")
	f.must(err)
	if len(c) != 1 || c[0].Objects != 7 || c[0].Matched != 2 {
		t.Errorf("counters %+v", c)
	}
	if b, err := f.source.Backlog(t.Context()); err != nil || b.Batches != 0 {
		t.Errorf("backlog %+v, %v", b, err)
	}
}

// testRearm tells when a notification is due that changes while it waits.
func testRearm(t *testing.T, f *fixture) {
	type change struct {
		at, wait, most time.Duration // minutes after noon, or so many
		due            time.Duration
	}
	for name, changes := range map[string][]change{
		"put off":            {{0, 10, 0, 10}, {5, 10, 0, 15}, {14, 10, 0, 24}},
		"bounded":            {{0, 10, 20, 10}, {8, 10, 20, 18}, {16, 10, 20, 20}, {19, 10, 20, 20}},
		"bounded at first":   {{0, 10, 5, 5}},
		"older change":       {{5, 10, 0, 15}, {0, 10, 0, 15}},
		"bound of the first": {{5, 10, 20, 15}, {0, 10, 20, 15}, {14, 10, 20, 20}},
	} {
		t.Run(name, func(t *testing.T) {
			id := identityOf("s", name)
			first := changes[0].at
			for i, c := range changes {
				f.must(f.Settle(t.Context(), spool.Settlement{Notifications: []spool.NewNotification{{Identity: id,
					Changed: noon.Add(c.at * time.Minute), Was: c.at.String(), Wait: c.wait * time.Minute, AtMost: c.most * time.Minute}}}))
				all, err := f.List(t.Context(), spool.Filter{Object: id.Object})
				f.must(err)
				first = min(first, c.at)
				if len(all) != 1 || all[0].Was != first.String() || !all[0].Due.Equal(noon.Add(c.due*time.Minute)) {
					t.Fatalf("after change %d: %+v, want it due after %d minutes", i, all, c.due)
				}
			}
		})
	}
}

// testRearmPicked: a notification that changes while a notifier renders it comes again,
// and a ready notification does not.
func testRearmPicked(t *testing.T, f *fixture) {
	ctx := t.Context()
	f.arm(identityOf("s", "x"))
	stale := f.pickOne()
	f.advance(time.Second)
	f.arm(identityOf("s", "x"))
	f.allowTaken(f.MarkReady(ctx, stale, spool.Rendered{Subject: "old"}))
	f.allowTaken(f.Drop(ctx, stale, ""))
	f.allowTaken(f.Retry(ctx, stale, 0))
	n := f.pickOne()
	f.must(f.MarkReady(ctx, n, spool.Rendered{Subject: "new", Recipients: []spool.Recipient{mail("a@x")}}))
	f.arm(identityOf("s", "x"))
	if picked := f.pick(); picked != nil {
		t.Errorf("picked again: %+v", picked)
	}
	if got := f.get(n.Number); got.Subject != "new" || states(got) != "ready waiting" {
		t.Errorf("%+v", got)
	}
}

// testSettleMany settles as much as one transaction has at most.
func testSettleMany(t *testing.T, f *fixture) {
	var s spool.Settlement
	all := f.most(10_000)
	for i := range all {
		id := identityOf("subscription", string(rune('a'+i%26))+time.Duration(i).String())
		s.Notifications = append(s.Notifications, spool.NewNotification{Identity: id, Changed: noon})
		if i < 100 {
			s.Considered = append(s.Considered, spool.Considered{Subscription: id.Object.ID[0], Day: "2026-03-04"})
		}
	}
	for _, what := range []string{"new", "again"} {
		start := time.Now()
		f.must(f.Settle(t.Context(), s))
		t.Logf("%s: %v", what, time.Since(start))
	}
	if st, err := f.Stats(t.Context()); err != nil || st.Waiting != int64(all) {
		t.Errorf("%d notifications wait, %v, want %d", st.Waiting, err, all)
	}
}
