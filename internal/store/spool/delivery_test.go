// SPDX-License-Identifier: Apache-2.0

package spool_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
)

// TestLife follows a notification to its end.
func TestLife(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		feed, hook := spool.Recipient{Via: spool.Feed}, spool.Recipient{Via: "webhook:w"}
		copied := spool.Recipient{Via: spool.Mail, Address: "A@X", Header: "cc"}
		n := h.ready(about("s", "x"), mail("a@x"), copied, mail("b@x"), feed, hook, hook)
		h.want(n.Number, "ready waiting waiting sent waiting")
		if n.Subject != "S x" || n.Body != "B" || n.Thread != "T" || n.Deliveries[0].Recipient != "a@x" || n.Deliveries[0].Header != "to" {
			t.Errorf("%+v", n)
		}

		picked := h.deliveries()
		if len(picked) != 3 || h.deliveries() != nil {
			t.Fatalf("picked %d deliveries, want 3, once", len(picked))
		}
		for _, sending := range picked {
			if got := sending.Notification; got.Identity != n.Identity || got.Subject != n.Subject || got.Body != n.Body || got.Thread != n.Thread || !got.First.Equal(noon) {
				t.Errorf("sending %+v", got)
			}
		}
		h.after(time.Minute)
		h.must(h.Sent(ctx, picked[0]))
		h.taken(h.Sent(ctx, picked[0]))
		h.must(h.Retried(ctx, picked[1], "busy\xff", 5*time.Minute))
		h.taken(h.Failed(ctx, picked[1], ""))
		h.must(h.Failed(ctx, picked[2], "no such hook"))
		h.want(n.Number, "ready sent waiting sent failed")
		if h.deliveries() != nil {
			t.Error("a delivery to be tried later is picked now")
		}

		h.after(5 * time.Minute)
		picked = h.deliveries()
		if len(picked) != 1 || picked[0].Recipient != "b@x" || picked[0].Attempts != 1 || picked[0].Error != "busy\uFFFD" {
			t.Fatalf("picked %+v", picked)
		}
		h.must(h.Sent(ctx, picked[0]))
		h.want(n.Number, "done sent sent sent failed")
		if got := h.get(n.Number); !got.Finished.Equal(h.now()) || got.Deliveries[1].Attempts != 2 || got.Deliveries[1].Error != "" || !got.Deliveries[1].At.Equal(h.now()) {
			t.Errorf("%+v", got)
		}
	})
}

// TestOverAtOnce: what nobody is to be sent is done.
func TestOverAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		n := h.ready(about("s", "feed only"), spool.Recipient{Via: spool.Feed})
		h.want(n.Number, "done sent")
		n = h.ready(about("s", "nobody"))
		h.want(n.Number, "done")
		h.arm(about("s", "dropped"))
		picked := h.one()
		h.must(h.Drop(t.Context(), picked, "it matches no more"))
		if n := h.get(picked.Number); n.State != spool.Dropped || n.Reason != "it matches no more" || !n.Finished.Equal(noon) {
			t.Errorf("%+v", n)
		}
		if due, err := h.NextDue(t.Context()); err != nil || !due.IsZero() {
			t.Errorf("next due %v, %v", due, err)
		}
	})
}

// TestPickRunsOut: what its holder leaves is picked again, and is no longer the holder's.
func TestPickRunsOut(t *testing.T) {
	for name, step := range map[string]struct {
		after time.Duration
		again bool
	}{
		"at once":                 {0, false},
		"almost":                  {2 * time.Minute, false},
		"after it":                {2*time.Minute + time.Microsecond, true},
		"much later":              {1000 * time.Hour, true},
		"clock back by an hour":   {-time.Hour, true},
		"clock back by a year":    {-365 * 24 * time.Hour, true},
		"clock back by a quarter": {-15 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, h *house) {
				ctx := t.Context()
				early := h.now().Add(-400 * 24 * time.Hour) // due whatever the clock says later
				h.set(early)
				h.ready(about("s", "y"), mail("a@x"))
				h.arm(about("s", "x"))
				h.set(noon)
				first, sending := h.pick(), h.deliveries()
				if len(sending) != 1 {
					t.Fatalf("picked %v", sending)
				}
				h.after(step.after)
				again, resending := h.pick(), h.deliveries()
				if (again != nil) != step.again || (resending != nil) != step.again {
					t.Fatalf("picked again: %v, %v, want %v", again != nil, resending != nil, step.again)
				}
				if step.again {
					h.taken(h.Retry(ctx, &first[0], 0))
					h.taken(h.Sent(ctx, sending[0]))
					first, sending = again, resending
				}
				h.must(h.Ready(ctx, &first[0], spool.Rendered{}))
				h.must(h.Sent(ctx, sending[0]))
			})
		})
	}
}

// TestNextDue tells when to look again.
func TestNextDue(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		due := func(want time.Time) {
			t.Helper()
			got, err := h.NextDue(ctx)
			h.must(err)
			if !got.Equal(want) {
				t.Errorf("next due %v, want %v", got, want)
			}
		}
		due(time.Time{})
		h.must(h.Settle(ctx, spool.Settlement{Notifications: []spool.New{{Identity: about("s", "x"), Changed: noon, Wait: 10 * time.Minute}}}))
		due(noon.Add(10 * time.Minute))
		h.after(11 * time.Minute)
		n := h.one()
		due(h.now().Add(2*time.Minute + time.Microsecond)) // its pick
		h.must(h.Settle(ctx, spool.Settlement{Notifications: []spool.New{{Identity: about("s", "y"), Changed: noon, Wait: 12 * time.Minute}}}))
		due(noon.Add(12 * time.Minute))
		h.must(h.Ready(ctx, n, spool.Rendered{Recipients: []spool.Recipient{mail("a@x")}}))
		due(h.now())
		sending := h.deliveries()
		due(noon.Add(12 * time.Minute))
		h.must(h.Retried(ctx, sending[0], "", 30*time.Second))
		due(h.now().Add(30 * time.Second))
	})
}

// TestPickers: of many who pick at the same time no two get the same, and together
// they get all.
func TestPickers(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		const all = 300
		var s spool.Settlement
		for i := range all {
			s.Notifications = append(s.Notifications, spool.New{Identity: about("s", time.Duration(i).String()), Changed: h.now()})
		}
		h.must(h.Settle(t.Context(), s))
		notifications, deliveries := newOnce(), newOnce()
		together(t, 6, func(ctx context.Context) error {
			for {
				picked, err := h.PickNotifications(ctx, 7, time.Minute)
				if err != nil || len(picked) == 0 {
					return err
				}
				for i := range picked {
					notifications.add(picked[i].Number)
					if err := h.Ready(ctx, &picked[i], spool.Rendered{Recipients: []spool.Recipient{mail("a@x"), mail("b@x")}}); err != nil {
						return err
					}
				}
			}
		})
		together(t, 6, func(ctx context.Context) error {
			for {
				picked, err := h.PickDeliveries(ctx, spool.Mail, 7, time.Minute)
				if err != nil || len(picked) == 0 {
					return err
				}
				for _, sending := range picked {
					deliveries.add(sending.Number)
					if err := h.Sent(ctx, sending); err != nil {
						return err
					}
				}
			}
		})
		notifications.check(t, all)
		deliveries.check(t, 2*all)
		if n := h.count("SELECT count(*) FROM notifications WHERE state = 'done'"); n != all {
			t.Errorf("%d are done, want %d", n, all)
		}
	})
}

// together runs f n times at the same time.
func together(t *testing.T, n int, f func(ctx context.Context) error) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := f(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// once counts numbers that are to be seen once.
type once struct {
	sync.Mutex
	seen map[int64]int
}

func newOnce() *once { return &once{seen: map[int64]int{}} }

func (o *once) add(number int64) {
	o.Lock()
	defer o.Unlock()
	o.seen[number]++
}

func (o *once) check(t *testing.T, want int) {
	t.Helper()
	if len(o.seen) != want {
		t.Errorf("%d were picked, want %d", len(o.seen), want)
	}
	for number, n := range o.seen {
		if n != 1 {
			t.Errorf("%d was picked %d times", number, n)
		}
	}
}

func TestResend(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		n := h.ready(about("s", "x"), mail("a@x"), mail("b@x"), spool.Recipient{Via: spool.Feed})
		picked := h.deliveries()
		h.must(h.Sent(ctx, picked[0]))
		h.must(h.Failed(ctx, picked[1], "no"))
		h.want(n.Number, "done sent failed sent")
		h.after(time.Hour)
		h.must(h.Resend(ctx, n.Number)) // those that failed
		h.want(n.Number, "ready sent waiting sent")
		picked = h.deliveries()
		if len(picked) != 1 || picked[0].Attempts != 0 || picked[0].Error != "" {
			t.Fatalf("picked %+v", picked)
		}
		h.must(h.Sent(ctx, picked[0]))
		h.must(h.Resend(ctx, n.Number)) // none did: all
		h.want(n.Number, "ready waiting waiting sent")
		if n := h.get(n.Number); !n.Finished.IsZero() {
			t.Errorf("finished at %v", n.Finished)
		}

		if err := h.Resend(ctx, 1000); !errors.Is(err, spool.ErrNotFound) {
			t.Errorf("of one that is not there: %v", err)
		}
		h.arm(about("s", "waits"))
		if err := h.Resend(ctx, h.one().Number); !errors.Is(err, spool.ErrNothing) {
			t.Errorf("of one that waits: %v", err)
		}
		fed := h.ready(about("s", "feed"), spool.Recipient{Via: spool.Feed})
		if err := h.Resend(ctx, fed.Number); !errors.Is(err, spool.ErrNothing) {
			t.Errorf("of one in a feed: %v", err)
		}
	})
}

func TestWipe(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		old := h.ready(about("s", "done"), spool.Recipient{Via: spool.Feed})
		h.arm(about("s", "dropped"))
		h.must(h.Drop(ctx, h.one(), ""))
		h.ready(about("s", "sending"), mail("a@x"))
		limited := mail("b@x")
		limited.Budget = 1
		h.ready(about("s", "sending too"), limited)
		h.ready(about("s", "held"), limited)
		h.must(h.Settle(ctx, spool.Settlement{
			Considered:    []spool.Considered{{Subscription: "s", Day: "2026-03-03"}, {Subscription: "s", Day: "2026-03-04"}},
			Notifications: []spool.New{{Identity: about("s", "waiting"), Changed: noon, Wait: 10 * time.Hour}},
		}))
		h.after(time.Hour)
		h.ready(about("s", "later"), spool.Recipient{Via: spool.Feed})
		wiped, err := h.Wipe(ctx, noon)
		h.must(err)
		if wiped != 0 {
			t.Errorf("wiped %d that ended later", wiped)
		}
		wiped, err = h.Wipe(ctx, h.now())
		h.must(err)
		if wiped != 2 {
			t.Errorf("wiped %d, want 2", wiped)
		}
		if _, err := h.Get(ctx, old.Number); !errors.Is(err, spool.ErrNotFound) {
			t.Errorf("one that was wiped: %v", err)
		}
		if n := h.count("SELECT count(*) FROM deliveries"); n != 4 {
			t.Errorf("%d deliveries are left, want 4", n)
		}
		if c, err := h.Counters(ctx, ""); err != nil || len(c) != 1 || c[0].Day != "2026-03-04" {
			t.Errorf("counters left: %v, %v", c, err)
		}
	})
}

// TestWipeMany wipes more than go at once.
func TestWipeMany(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		var s spool.Settlement
		for i := range 1203 {
			s.Notifications = append(s.Notifications, spool.New{Identity: about("s", time.Duration(i).String()), Changed: noon})
		}
		h.must(h.Settle(t.Context(), s))
		h.exec("UPDATE notifications SET state = 'done', finished = ? WHERE number > 3", noon.UnixMicro())
		wiped, err := h.Wipe(t.Context(), noon.Add(time.Second))
		h.must(err)
		if wiped != 1200 || h.count("SELECT count(*) FROM notifications") != 3 {
			t.Errorf("wiped %d, want 1200", wiped)
		}
	})
}

func TestList(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		long := spool.Identity{Subscription: "r", Object: object.Ref{Type: object.TypeRevision, ID: object.ID{"h", ""}}, Message: "m"}
		h.must(h.Settle(ctx, spool.Settlement{Notifications: []spool.New{{Identity: long, Changed: noon, Wait: time.Hour}}}))
		h.ready(about("s", "x"), mail("a@x"), spool.Recipient{Via: spool.Feed})
		h.ready(about("s", "y"), mail("A@X"))
		h.ready(about("r", "z"), mail("b@x"), spool.Recipient{Via: spool.Feed})
		h.after(time.Hour)
		h.must(h.Ready(ctx, h.one(), spool.Rendered{Recipients: []spool.Recipient{{Via: spool.Feed}}})) // long in waiting
		for _, c := range []struct {
			filter spool.Filter
			want   string
		}{
			{spool.Filter{}, "z y x h"},
			{spool.Filter{Limit: 2}, "z y"},
			{spool.Filter{State: spool.Done}, "h"},
			{spool.Filter{Subscription: "s"}, "y x"},
			{spool.Filter{Recipient: "a@X"}, "y x"},
			{spool.Filter{Recipient: "a@x", Subscription: "r"}, ""},
			{spool.Filter{Object: long.Object}, "h"},
			{spool.Filter{Before: h.find("z")}, "y x h"},
		} {
			got, err := h.List(ctx, c.filter)
			h.must(err)
			if ids(got) != c.want {
				t.Errorf("%+v: %q, want %q", c.filter, ids(got), c.want)
			}
		}
		feed, err := h.Feed(ctx, "r", 10)
		h.must(err)
		if ids(feed) != "h z" || len(feed[1].Deliveries) != 2 {
			t.Errorf("feed %q: %+v", ids(feed), feed)
		}
		st, err := h.Stats(ctx)
		h.must(err)
		if want := (spool.Stats{Ready: 3, Deliveries: 3, Oldest: noon, Sent: 1}); st != want {
			t.Errorf("stats %+v, want %+v", st, want)
		}
	})
}

// find returns the number of the notification of an object.
func (h *house) find(id string) int64 {
	h.t.Helper()
	return h.count("SELECT number FROM notifications WHERE object_id = ?", id)
}

// ids returns the first fields of the objects.
func ids(notifications []spool.Notification) (s string) {
	for i, n := range notifications {
		if i > 0 {
			s += " "
		}
		s += n.Object.ID[0]
	}
	return s
}

// TestFailure: what the caller makes of errors is what comes back, and why a
// context ended.
func TestFailure(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		wrapped := errors.New("wrapped")
		h.Failure = func(operation string, err error) error { return errors.Join(wrapped, errors.New(operation), err) }
		why := errors.New("told to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		for name, err := range map[string]error{
			"watch": h.Watch(ctx), "settle": h.Settle(ctx, spool.Settlement{}), "wipe": second(h.Wipe(ctx, noon)),
			"list": second(h.List(ctx, spool.Filter{})), "pick deliveries": second(h.PickDeliveries(ctx, spool.Mail, 1, 1)),
			"ways": second(h.Ways(ctx)),
		} {
			if !errors.Is(err, wrapped) || !errors.Is(err, why) {
				t.Errorf("%s: %v", name, err)
			}
		}
		h.taken(h.Settle(t.Context(), spool.Settlement{Batches: []int64{7}}))
	})
}

func second[T any](_ T, err error) error { return err }
