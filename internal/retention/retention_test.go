// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// at returns an hour of a day of July.
func at(day, hour int) time.Time { return time.Date(2025, 7, day, hour, 0, 0, 0, time.UTC) }

// trial is a keeper of ten days with its databases and clock.
type trial struct {
	*Keeper
	now      time.Time
	from, to *database
}

// database counts loads, and calls a function of the test before each.
type database struct {
	store.Sink
	load func() error
}

func (d *database) Unwrap() store.Sink { return d.Sink }
func (d *database) Close() error       { return nil } // the test closes it

func (d *database) Load(ctx context.Context, r *report.Report, o store.LoadOptions) (*store.Changes, error) {
	if d.load != nil && r.Count() > 0 {
		if err := d.load(); err != nil {
			return nil, err
		}
	}
	return d.Sink.Load(ctx, r, o)
}

func open(t *testing.T) *database {
	t.Helper()
	s, err := sqlite.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	return &database{Sink: s}
}

// start returns a trial at 02:00 on the 20th of July, with a checkout of each day before.
func start(t *testing.T) *trial {
	t.Helper()
	window, err := ParseWindow("01:00-05:00 UTC")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{now: at(20, 2), from: open(t), to: open(t)}
	tr.Keeper = &Keeper{
		Store: tr.from, Days: 10, Window: window, Log: slog.New(slog.DiscardHandler),
		Now:     func() time.Time { return tr.now },
		Archive: func(context.Context) (store.Sink, error) { return tr.to, nil },
	}
	for day := 1; day < 20; day++ {
		received := at(day, 12)
		r := &report.Report{Checkouts: []report.Checkout{{ID: fmt.Sprintf("a:%02d", day), Origin: "a", Timestamp: &received}}}
		if _, err := tr.from.Sink.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	return tr
}

// days returns the first and the last day with a checkout, and the number of checkouts.
func days(t *testing.T, s store.Sink) string {
	t.Helper()
	first, last, n := "", "", 0
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Checkouts {
			day := c.Timestamp.UTC().Format("02")
			if first == "" || day < first {
				first = day
			}
			last, n = max(last, day), n+1
		}
	}
	return fmt.Sprintf("%s-%s:%d", first, last, n)
}

func (tr *trial) want(t *testing.T, from, to string) {
	t.Helper()
	if got := days(t, tr.from); got != from {
		t.Errorf("the database has the days %s, want %s", got, from)
	}
	if got := days(t, tr.to); got != to {
		t.Errorf("the archive has the days %s, want %s", got, to)
	}
}

func TestOldObjectsMoveEachNight(t *testing.T) {
	tr := start(t)
	tr.now = at(19, 23) // not yet
	tr.Look(t.Context())
	tr.want(t, "01-19:19", "-:0")
	tr.now = at(20, 2)
	tr.Look(t.Context())
	tr.want(t, "10-19:10", "01-09:9")
	if s := tr.State(); s.Copied != 9 || !s.Done.Equal(tr.now) || s.Err != nil || s.Working {
		t.Errorf("state %+v", s)
	}
	tr.to.load = func() error { t.Error("it copies twice in a night"); return nil }
	tr.now = at(20, 3)
	tr.Look(t.Context())
	// Another process knows that the work is done.
	other := *start(t)
	other.Store = tr.from
	other.Look(t.Context())
	if !other.State().Done.Equal(at(20, 2)) {
		t.Errorf("another process says done at %v", other.State().Done)
	}
	tr.to.load = nil
	tr.now = at(21, 1)
	tr.Look(t.Context())
	tr.want(t, "11-19:9", "01-10:10")
}

// TestTheNightEnds: the work ends with the window, and goes on the next night.
func TestTheNightEnds(t *testing.T) {
	tr := start(t)
	nights := 0
	tr.to.load = func() error { tr.now = tr.now.Add(50 * time.Minute); return nil }
	for ; tr.State().Done.IsZero() && nights < 20; nights++ {
		tr.now = at(20+nights, 1)
		before := tr.State().Copied
		tr.Look(t.Context())
		if tr.State().Err != nil {
			t.Fatal(tr.State().Err)
		}
		if tr.State().Copied == before {
			t.Fatal("a night without progress")
		}
	}
	if nights < 3 || nights == 20 {
		t.Errorf("it took %d nights", nights)
	}
	keeps := fmt.Sprintf("%02d", 10+nights-1)
	if got := days(t, tr.from); got[:2] != keeps {
		t.Errorf("after %d nights the database has %s, want from %s", nights, got, keeps)
	}
	if got, want := days(t, tr.to)[:5], fmt.Sprintf("01-%02d", 10+nights-2); got != want {
		t.Errorf("the archive has %s, want %s", got, want)
	}
}

// TestNothingGoesWithoutACopy: while the archive fails, objects stay.
func TestNothingGoesWithoutACopy(t *testing.T) {
	tr := start(t)
	down := errors.New("the archive is down")
	tr.to.load = func() error { return down }
	tr.Look(t.Context())
	tr.want(t, "01-19:19", "-:0")
	if s := tr.State(); !errors.Is(s.Err, down) || s.Failures != 1 {
		t.Errorf("state %+v", s)
	}
	tr.now = tr.now.Add(time.Minute) // too early for a second try
	tr.Look(t.Context())
	if n := tr.State().Failures; n != 1 {
		t.Errorf("%d tries within a minute", n)
	}
	if tr.State().Overdue(tr.now) || !tr.State().Overdue(tr.now.Add(3*day)) {
		t.Error("it is overdue after two days, not before")
	}
	tr.to.load = nil
	tr.now = tr.now.Add(pause)
	tr.Look(t.Context())
	tr.want(t, "10-19:10", "01-09:9")
	if err := tr.State().Err; err != nil {
		t.Error(err)
	}
}

// TestKilled: a process that ends at any load has lost nothing, and the next one goes on.
func TestKilled(t *testing.T) {
	mostCopied = 2
	defer func() { mostCopied = 1_000_000 }()
	tr := start(t)
	for range 12 {
		ctx, cancel := context.WithCancel(t.Context())
		loads := 0
		tr.to.load = func() error {
			if loads++; loads == 3 {
				cancel()
			}
			return nil
		}
		tr.Look(ctx)
		cancel()
	}
	tr.want(t, "10-19:10", "01-09:9")
}

// TestKeptIncidentsAreCopiedOnce: a kept incident of the first day does not lead the next
// night's work back to the first day.
func TestKeptIncidentsAreCopiedOnce(t *testing.T) {
	tr := start(t)
	tr.KeepIncidents = true
	received, test := at(1, 13), "a:t"
	r := &report.Report{
		Builds:    []report.Build{{ID: "a:b", CheckoutID: "a:01", Origin: "a", Timestamp: &received}},
		Tests:     []report.Test{{ID: test, BuildID: "a:b", Origin: "a", Timestamp: &received}},
		Issues:    []report.Issue{{ID: "a:i", Version: 1, Origin: "a", Timestamp: &received}},
		Incidents: []report.Incident{{ID: "a:n", Origin: "a", IssueID: "a:i", IssueVersion: 1, TestID: &test, Timestamp: &received}},
	}
	if _, err := tr.from.Sink.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
	tr.Look(t.Context())
	tr.want(t, "01-19:11", "01-09:9")
	tr.now = at(21, 2)
	tr.Look(t.Context())
	tr.want(t, "01-19:10", "01-10:10")
	if s := tr.State(); s.Copied != 9+4+1 || s.Err != nil {
		t.Errorf("the second night: %+v", s)
	}
	// Without the incidents the oldest object counts again.
	tr.KeepIncidents, tr.now = false, at(22, 2)
	tr.Look(t.Context())
	tr.want(t, "12-19:8", "01-11:11")
	if s := tr.State(); s.Copied != 9+4+1+5+1 || s.Err != nil {
		t.Errorf("the third night: %+v", s)
	}
}

func TestWithoutAnArchive(t *testing.T) {
	tr := start(t)
	tr.Archive = nil
	tr.Look(t.Context())
	tr.want(t, "10-19:10", "-:0")
}

// TestOneProcessWorks: on PostgreSQL, a second process waits.
func TestOneProcessWorks(t *testing.T) {
	spec := pgtest.Database(t)
	sinks := make([]store.Sink, 2)
	for i := range sinks {
		s, err := postgres.Driver.Open(t.Context(), store.Fixed(spec[len("postgresql:"):]))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		sinks[i] = s
	}
	if err := sinks[0].Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	tr := start(t)
	tr.Store = sinks[1]
	err := runAlone(t.Context(), sinks[0], func(ctx context.Context) error {
		tr.Look(ctx)
		return nil
	})
	if err != nil || !tr.State().Done.IsZero() || tr.State().Err != nil {
		t.Errorf("two processes work: %v, %+v", err, tr.State())
	}
	tr.now = tr.now.Add(pause)
	tr.Look(t.Context())
	if tr.State().Done.IsZero() {
		t.Errorf("the second process does not work when the first is done: %+v", tr.State())
	}
}
