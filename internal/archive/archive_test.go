// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/diff"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// day returns noon of the n-th day.
func day(n int) time.Time { return time.Date(2025, 7, n, 12, 0, 0, 0, time.UTC) }

// database is a database in memory whose methods tests change.
type database struct {
	store.Sink
	now    time.Time                                                               // its clock
	load   func(*report.Report) (failure error)                                    // called before a load; the load happens unless it returns an error
	loaded func() (failure error)                                                  // called after a load
	dumped func(r *report.Report)                                                  // called with each report of a dump
	read   func(iter.Seq2[*report.Report, error]) iter.Seq2[*report.Report, error] // changes a dump
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	db, err := sqlite.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	return &database{Sink: db, now: day(20)}
}

func (d *database) Time(ctx context.Context, which store.Clock) (time.Time, error) {
	if which == store.Current {
		return d.now, nil
	}
	return d.Sink.Time(ctx, which)
}

func (d *database) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	if d.load != nil && r.Count() > 0 {
		if err := d.load(r); err != nil {
			return nil, err
		}
	}
	changes, err := d.Sink.Load(ctx, r, opts)
	if err == nil && d.loaded != nil && r.Count() > 0 {
		err = d.loaded()
	}
	return changes, err
}

func (d *database) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	dump := d.Sink.Dump(ctx, opts)
	if d.read != nil {
		dump = d.read(dump)
	}
	if d.dumped == nil {
		return dump
	}
	return func(yield func(*report.Report, error) bool) {
		for r, err := range dump {
			if !yield(r, err) {
				return
			}
			d.dumped(r)
		}
	}
}

// fill loads a checkout, a build and tests of each of the days.
func (d *database) fill(t *testing.T, days ...int) {
	t.Helper()
	for _, n := range days {
		id := fmt.Sprintf("a:%02d", n)
		at := func(i int) *time.Time { return new(day(n).Add(time.Duration(i) * time.Second)) }
		r := &report.Report{
			Checkouts: []report.Checkout{{ID: id, Origin: "a", Timestamp: at(0)}},
			Builds:    []report.Build{{ID: id, Origin: "a", CheckoutID: id, Timestamp: at(0)}},
		}
		for i := range 5 {
			r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", id, i), Origin: "a", BuildID: id, Timestamp: at(i)})
		}
		d.put(t, r)
	}
}

// put loads objects with their times.
func (d *database) put(t *testing.T, r *report.Report) {
	t.Helper()
	if _, err := d.Sink.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
}

// result is what a run reports.
type result struct {
	windows []string
	objects int
	differ  []string
}

// run copies with windows of a day.
func run(t *testing.T, from, to *database, change func(*Options)) (r result, err error) {
	t.Helper()
	opts := Options{
		From: from, To: to, Window: 24 * time.Hour, Verify: true,
		Copied:   func(n int) { r.objects += n },
		Finished: func(w Window) { r.windows = append(r.windows, fmt.Sprintf("%v: %d", w, w.Objects)) },
		Differs:  func(d *diff.Difference) error { r.differ = append(r.differ, d.Object()); return nil },
	}
	if change != nil {
		change(&opts)
	}
	err = Run(t.Context(), opts)
	return r, err
}

func mustRun(t *testing.T, from, to *database, change func(*Options)) result {
	t.Helper()
	r, err := run(t, from, to, change)
	if err != nil || r.differ != nil {
		t.Fatalf("%v, %q differ", err, r.differ)
	}
	return r
}

// expectSame fails the test unless both databases have the same objects with the same times.
func expectSame(t *testing.T, from, to *database) {
	t.Helper()
	all := func(d *database) map[string]string {
		objects := map[string]string{}
		for r, err := range d.Sink.Dump(t.Context(), store.DumpOptions{Metadata: true, PerReport: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			text := string(r.AppendJSON(nil))
			objects[text] = ""
		}
		return objects
	}
	if diff := cmp.Diff(all(from), all(to)); diff != "" {
		t.Errorf("objects differ (-source +target):\n%s", diff)
	}
}

func small(t *testing.T) {
	loadObjects = 2
	t.Cleanup(func() { loadObjects = 8192 })
}

// TestWindows copies all windows, then the last window again, and then what is new.
func TestWindows(t *testing.T) {
	from, to := newDatabase(t), newDatabase(t)
	if r := mustRun(t, from, to, nil); r.windows != nil {
		t.Errorf("windows of an empty database: %q", r.windows)
	}
	from.fill(t, 1, 2, 4)
	want := []string{
		"2025-07-01T00:00:00Z to 2025-07-02T00:00:00Z: 7", "2025-07-02T00:00:00Z to 2025-07-03T00:00:00Z: 7",
		"2025-07-03T00:00:00Z to 2025-07-04T00:00:00Z: 0", "2025-07-04T00:00:00Z to 2025-07-04T12:00:04Z: 7",
	}
	if diff := cmp.Diff(want, mustRun(t, from, to, nil).windows); diff != "" {
		t.Errorf("windows differ (-want +got):\n%s", diff)
	}
	expectSame(t, from, to)
	if diff := cmp.Diff(want[3:], mustRun(t, from, to, nil).windows); diff != "" {
		t.Errorf("windows of the second run differ (-want +got):\n%s", diff)
	}
	overlap := func(o *Options) { o.Overlap = 24 * time.Hour }
	if diff := cmp.Diff(want[2:], mustRun(t, from, to, overlap).windows); diff != "" {
		t.Errorf("windows with an overlap differ (-want +got):\n%s", diff)
	}
	from.fill(t, 5, 20, 21) // at noon of day 20 it is noon; the copy ends an hour before
	bounds := func(o *Options) { o.After, o.Until, o.Window = day(4), day(5), 7*24*time.Hour }
	want = []string{"2025-07-04T12:00:00Z to 2025-07-05T12:00:00Z: 7"} // those of the first second
	if diff := cmp.Diff(want, mustRun(t, from, to, bounds).windows); diff != "" {
		t.Errorf("windows with bounds differ (-want +got):\n%s", diff)
	}
	if r := mustRun(t, from, to, nil); len(r.windows) != 16 || r.objects != 7 || !strings.Contains(r.windows[15], "to 2025-07-20T11:00:00Z") {
		t.Errorf("%d objects in the windows %q", r.objects, r.windows)
	}
	from.now = day(30)
	mustRun(t, from, to, nil)
	expectSame(t, from, to)
}

// TestKilled ends a run before and after each load, and runs again.
func TestKilled(t *testing.T) {
	small(t)
	killed := errors.New("killed")
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			from, to := newDatabase(t), newDatabase(t)
			from.fill(t, 1, 2, 5)
			loads := 0
			kill := func() error {
				if loads++; loads == n {
					return killed
				}
				return nil
			}
			if to.load = func(*report.Report) error { return kill() }; after {
				to.load, to.loaded = nil, kill
			}
			_, err := run(t, from, to, nil)
			if err != nil && !errors.Is(err, killed) {
				t.Fatal(err)
			}
			to.load, to.loaded = nil, nil
			mustRun(t, from, to, nil)
			expectSame(t, from, to)
			if err == nil { // there were fewer loads
				if n < 12 {
					t.Errorf("only %d loads", n)
				}
				break
			}
		}
	}
}

// TestMoving loads new values for an object of each report that is dumped, so that
// objects move to a later window while a window is copied or verified.
func TestMoving(t *testing.T) {
	small(t)
	from, to := newDatabase(t), newDatabase(t)
	from.fill(t, 1, 2, 3)
	n := 0
	from.dumped = func(*report.Report) {
		n++
		id := fmt.Sprintf("a:%02d", 1+n%3)
		at := day(20).Add(time.Duration(n) * time.Second)
		from.put(t, &report.Report{
			Checkouts: []report.Checkout{{ID: id, Origin: "a", TreeName: new(fmt.Sprint(n)), Timestamp: &at}},
			Tests:     []report.Test{{ID: fmt.Sprintf("%s.%d", id, n%5), Origin: "a", BuildID: id, Path: new(fmt.Sprint(n)), Timestamp: &at}},
		})
	}
	mustRun(t, from, to, nil)
	from.dumped = nil
	if n < 10 {
		t.Errorf("only %d changes", n)
	}
	from.now = day(30)
	mustRun(t, from, to, nil)
	expectSame(t, from, to)
}

// TestLate loads a submission that was received before the newest object.
func TestLate(t *testing.T) {
	from, to := newDatabase(t), newDatabase(t)
	from.fill(t, 1, 3)
	mustRun(t, from, to, nil)
	from.fill(t, 2)
	mustRun(t, from, to, func(o *Options) { o.Overlap = 24 * time.Hour })
	expectSame(t, from, to)
}

// TestPurged keeps in the target what the source does not have any more.
func TestPurged(t *testing.T) {
	from, to := newDatabase(t), newDatabase(t)
	from.fill(t, 1, 2)
	mustRun(t, from, to, nil)
	if err := from.Purge(t.Context(), store.PurgeOptions{Before: day(2)}); err != nil {
		t.Fatal(err)
	}
	mustRun(t, from, to, func(o *Options) { o.After = day(0) })
	if first, err := to.Time(t.Context(), store.FirstModified); err != nil || !first.Equal(day(1)) {
		t.Errorf("the first object of the target arrived at %v, %v", first, err)
	}
}

// TestVerify finds objects that were changed or lost on the way.
func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*report.Report) error
		differ []string
		want   string
	}{
		{"lost", func(r *report.Report) error {
			r.Tests = slices.DeleteFunc(r.Tests, func(o report.Test) bool { return o.ID == "a:02.3" })
			return nil
		}, []string{"tests a:02.3"}, "window 2025-07-02T00:00:00Z to 2025-07-03T00:00:00Z: 1 of 7 objects differ"},
		{"changed", func(r *report.Report) error {
			for i := range r.Builds {
				r.Builds[i].CheckoutID = "A:other" // loses against the right value
			}
			return nil
		}, []string{"builds a:01"}, "window 2025-07-01T00:00:00Z to 2025-07-02T00:00:00Z: 1 of 7 objects differ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, to := newDatabase(t), newDatabase(t)
			from.fill(t, 1, 2, 3)
			to.load = c.change
			r, err := run(t, from, to, nil)
			if err == nil || err.Error() != c.want || !slices.Equal(r.differ, c.differ) {
				t.Errorf("%v, %q differ, want %s, %q", err, r.differ, c.want, c.differ)
			}
			to.load = nil
			mustRun(t, from, to, nil)
		})
	}
}

// TestUnreadable copies all objects that can be read, and then says which cannot.
func TestUnreadable(t *testing.T) {
	from, to := newDatabase(t), newDatabase(t)
	from.fill(t, 1, 2, 3)
	from.read = func(dump iter.Seq2[*report.Report, error]) iter.Seq2[*report.Report, error] {
		return func(yield func(*report.Report, error) bool) {
			for r, err := range dump {
				if !yield(r, err) {
					return
				}
			}
			lost := &store.Unreadable{}
			lost.Add(store.Tests, "a:damaged", errors.New("damaged"))
			yield(nil, lost)
		}
	}
	_, err := run(t, from, to, nil)
	if lost, ok := errors.AsType[*store.Unreadable](err); !ok || lost.Count != 3 || len(lost.Named) != 3 {
		t.Errorf("got %v", err)
	}
	expectSame(t, from, to)
}

// TestFuture does not resume behind an object from the future, and copies none.
func TestFuture(t *testing.T) {
	from, to := newDatabase(t), newDatabase(t)
	from.fill(t, 1, 25)
	if r := mustRun(t, from, to, func(o *Options) { o.Until = day(30) }); r.objects != 7 {
		t.Errorf("copied %d objects, want 7", r.objects)
	}
	to.fill(t, 25)
	if _, err := run(t, from, to, nil); !errors.Is(err, ErrFuture) {
		t.Errorf("got %v", err)
	}
	mustRun(t, from, to, func(o *Options) { o.After = day(0) })
}
