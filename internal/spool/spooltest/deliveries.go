// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// testLife follows a notification to its end.
func testLife(t *testing.T, f *fixture) {
	ctx := t.Context()
	feed, hook := spool.Recipient{Via: spool.Feed}, spool.Recipient{Via: "webhook:w"}
	copied := spool.Recipient{Via: spool.Mail, Address: "A@X", Header: "cc"}
	n := f.ready(identityOf("s", "x"), mail("a@x"), copied, mail("b@x"), feed, hook, hook)
	f.wantState(n.Number, "ready waiting waiting sent waiting")
	if n.Subject != "S x" || n.Body != "B" || n.HTML != "<p>B</p>" || n.Thread != "T" || n.Deliveries[0].Recipient != "a@x" || n.Deliveries[0].Header != "to" {
		t.Errorf("%+v", n)
	}

	picked := f.deliveries()
	if len(picked) != 3 || f.deliveries() != nil {
		t.Fatalf("picked %d deliveries, want 3, once", len(picked))
	}
	for _, sending := range picked {
		if got := sending.Notification; got.Identity != n.Identity || got.Subject != n.Subject || got.Body != n.Body || got.HTML != "" || got.Thread != n.Thread || !got.First.Equal(noon) {
			t.Errorf("sending %+v", got)
		}
	}
	f.advance(time.Minute)
	f.must(f.MarkSent(ctx, picked[0]))
	f.allowTaken(f.MarkSent(ctx, picked[0]))
	f.must(f.RetryDelivery(ctx, picked[1], "busy\xff", 5*time.Minute))
	f.allowTaken(f.MarkFailed(ctx, picked[1], ""))
	f.must(f.MarkFailed(ctx, picked[2], "no such hook"))
	f.wantState(n.Number, "ready sent waiting sent failed")
	if f.deliveries() != nil {
		t.Error("a delivery to be tried later is picked now")
	}

	f.advance(5 * time.Minute)
	picked = f.deliveries()
	if len(picked) != 1 || picked[0].Recipient != "b@x" || picked[0].Attempts != 1 || picked[0].Error != "busy\uFFFD" {
		t.Fatalf("picked %+v", picked)
	}
	f.must(f.MarkSent(ctx, picked[0]))
	f.wantState(n.Number, "done sent sent sent failed")
	if got := f.get(n.Number); !got.Finished.Equal(f.now()) || got.Deliveries[1].Attempts != 2 || got.Deliveries[1].Error != "" || !got.Deliveries[1].At.Equal(f.now()) {
		t.Errorf("%+v", got)
	}
}

// testOverAtOnce: a notification without recipients is done.
func testOverAtOnce(t *testing.T, f *fixture) {
	n := f.ready(identityOf("s", "feed only"), spool.Recipient{Via: spool.Feed})
	f.wantState(n.Number, "done sent")
	n = f.ready(identityOf("s", "nobody"))
	f.wantState(n.Number, "done")
	f.arm(identityOf("s", "dropped"))
	picked := f.pickOne()
	f.must(f.Drop(t.Context(), picked, "it matches no more"))
	if n := f.get(picked.Number); n.State != spool.Dropped || n.Reason != "it matches no more" || !n.Finished.Equal(noon) {
		t.Errorf("%+v", n)
	}
}

// testPickRunsOut: a pick that runs out is picked again, and its holder has lost it.
func testPickRunsOut(t *testing.T, f *fixture) {
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
			ctx := t.Context()
			early := f.now().Add(-400 * 24 * time.Hour) // due at any later time
			f.set(early)
			f.ready(identityOf("s", "y "+name), mail("a@x"))
			f.arm(identityOf("s", "x "+name))
			f.set(noon)
			first, sending := f.pick(), f.deliveries()
			if len(sending) != 1 {
				t.Fatalf("picked %v", sending)
			}
			f.advance(step.after)
			again, resending := f.pick(), f.deliveries()
			if (again != nil) != step.again || (resending != nil) != step.again {
				t.Fatalf("picked again: %v, %v, want %v", again != nil, resending != nil, step.again)
			}
			if step.again {
				f.allowTaken(f.Retry(ctx, &first[0], 0))
				f.allowTaken(f.MarkSent(ctx, sending[0]))
				first, sending = again, resending
			}
			f.must(f.MarkReady(ctx, &first[0], spool.Rendered{}))
			f.must(f.MarkSent(ctx, sending[0]))
		})
	}
}

// testPickers: of many who pick at the same time no two get the same, and together
// they get all.
func testPickers(t *testing.T, f *fixture) {
	all := f.most(300)
	var s spool.Settlement
	for i := range all {
		s.Notifications = append(s.Notifications, spool.NewNotification{Identity: identityOf("s", time.Duration(i).String()), Changed: f.now()})
	}
	f.must(f.Settle(t.Context(), s))
	notifications, deliveries := newOnce(), newOnce()
	concurrently(t, 6, func(ctx context.Context) error {
		for {
			picked, err := f.PickNotifications(ctx, 7, time.Minute)
			if err != nil || len(picked) == 0 {
				return err
			}
			for i := range picked {
				notifications.add(picked[i].Number)
				if err := f.MarkReady(ctx, &picked[i], spool.Rendered{Recipients: []spool.Recipient{mail("a@x"), mail("b@x")}}); err != nil {
					return err
				}
			}
		}
	})
	concurrently(t, 6, func(ctx context.Context) error {
		for {
			picked, err := f.PickDeliveries(ctx, spool.Mail, 7, time.Minute)
			if err != nil || len(picked) == 0 {
				return err
			}
			for _, sending := range picked {
				deliveries.add(sending.Number)
				if err := f.MarkSent(ctx, sending); err != nil {
					return err
				}
			}
		}
	})
	notifications.check(t, all)
	deliveries.check(t, 2*all)
	if n := f.count(spool.Filter{State: spool.Done}); n != all {
		t.Errorf("%d are done, want %d", n, all)
	}
}

// concurrently runs f n times at the same time.
func concurrently(t *testing.T, n int, f func(ctx context.Context) error) {
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

func testResend(t *testing.T, f *fixture) {
	ctx := t.Context()
	n := f.ready(identityOf("s", "x"), mail("a@x"), mail("b@x"), spool.Recipient{Via: spool.Feed})
	picked := f.deliveries()
	f.must(f.MarkSent(ctx, picked[0]))
	f.must(f.MarkFailed(ctx, picked[1], "no"))
	f.wantState(n.Number, "done sent failed sent")
	f.advance(time.Hour)
	f.must(f.Resend(ctx, n.Number)) // the failed delivery
	f.wantState(n.Number, "ready sent waiting sent")
	picked = f.deliveries()
	if len(picked) != 1 || picked[0].Attempts != 0 || picked[0].Error != "" {
		t.Fatalf("picked %+v", picked)
	}
	f.must(f.MarkSent(ctx, picked[0]))
	f.must(f.Resend(ctx, n.Number)) // none did: all
	f.wantState(n.Number, "ready waiting waiting sent")
	if n := f.get(n.Number); !n.Finished.IsZero() {
		t.Errorf("finished at %v", n.Finished)
	}

	if err := f.Resend(ctx, 1000); !errors.Is(err, spool.ErrNotFound) {
		t.Errorf("of an unknown number: %v", err)
	}
	f.arm(identityOf("s", "waits"))
	if err := f.Resend(ctx, f.pickOne().Number); !errors.Is(err, spool.ErrNothing) {
		t.Errorf("of one that waits: %v", err)
	}
	fed := f.ready(identityOf("s", "feed"), spool.Recipient{Via: spool.Feed})
	if err := f.Resend(ctx, fed.Number); !errors.Is(err, spool.ErrNothing) {
		t.Errorf("of one in a feed: %v", err)
	}
}

func testWipe(t *testing.T, f *fixture) {
	ctx := t.Context()
	old := f.ready(identityOf("s", "done"), spool.Recipient{Via: spool.Feed})
	f.arm(identityOf("s", "dropped"))
	f.must(f.Drop(ctx, f.pickOne(), ""))
	f.ready(identityOf("s", "sending"), mail("a@x"))
	limited := mail("b@x")
	limited.Budget = 1
	f.ready(identityOf("s", "sending too"), limited)
	f.ready(identityOf("s", "held"), limited)
	f.must(f.Settle(ctx, spool.Settlement{
		Considered:    []spool.Considered{{Subscription: "s", Day: "2026-03-03"}, {Subscription: "s", Day: "2026-03-04"}},
		Notifications: []spool.NewNotification{{Identity: identityOf("s", "waiting"), Changed: noon, Wait: 10 * time.Hour}},
	}))
	f.advance(time.Hour)
	f.ready(identityOf("s", "later"), spool.Recipient{Via: spool.Feed})
	wiped, err := f.Wipe(ctx, noon)
	f.must(err)
	if wiped != 0 {
		t.Errorf("wiped %d that ended later", wiped)
	}
	wiped, err = f.Wipe(ctx, f.now())
	f.must(err)
	if wiped != 2 {
		t.Errorf("wiped %d, want 2", wiped)
	}
	if _, err := f.Get(ctx, old.Number); !errors.Is(err, spool.ErrNotFound) {
		t.Errorf("the wiped notification: %v", err)
	}
	deliveries := 0
	left, err := f.List(ctx, spool.Filter{})
	f.must(err)
	for _, n := range left {
		deliveries += len(n.Deliveries)
	}
	if deliveries != 4 {
		t.Errorf("%d deliveries are left, want 4", deliveries)
	}
	if c, err := f.Counters(ctx, ""); err != nil || len(c) != 1 || c[0].Day != "2026-03-04" {
		t.Errorf("counters left: %v, %v", c, err)
	}
}

// testWipeMany wipes more than go at once.
func testWipeMany(t *testing.T, f *fixture) {
	var s spool.Settlement
	for i := range f.most(1500) {
		s.Aside = append(s.Aside, spool.Aside{Identity: identityOf("s", strconv.Itoa(i)), At: noon, Why: "panic"})
	}
	f.must(f.Settle(t.Context(), s))
	f.arm(identityOf("s", "waits"))
	wiped, err := f.Wipe(t.Context(), noon.Add(time.Second))
	f.must(err)
	if wiped != int64(f.most(1500)) || f.count(spool.Filter{}) != 1 {
		t.Errorf("wiped %d, want %d", wiped, f.most(1500))
	}
}

func testList(t *testing.T, f *fixture) {
	ctx := t.Context()
	long := spool.Identity{Subscription: "r", Object: object.Ref{Type: object.TypeRevision, ID: object.ID{"h", ""}}, Message: "m"}
	f.must(f.Settle(ctx, spool.Settlement{Notifications: []spool.NewNotification{{Identity: long, Changed: noon, Wait: time.Hour}}}))
	f.advance(time.Second)
	f.ready(identityOf("s", "x"), mail("a@x"), spool.Recipient{Via: spool.Feed})
	f.advance(time.Second)
	f.ready(identityOf("s", "y"), mail("A@X"))
	f.advance(time.Second)
	f.ready(identityOf("r", "z"), mail("b@x"), spool.Recipient{Via: spool.Feed})
	f.advance(time.Hour)
	f.must(f.MarkReady(ctx, f.pickOne(), spool.Rendered{Recipients: []spool.Recipient{{Via: spool.Feed}}})) // long in waiting
	for _, c := range []struct {
		filter spool.Filter
		want   string
	}{
		{spool.Filter{}, "z y x h"},
		{spool.Filter{Limit: 2}, "z y"},
		{spool.Filter{State: spool.Done}, "h"},
		{spool.Filter{State: spool.Ready, Limit: 2}, "z y"},
		{spool.Filter{Subscription: "s"}, "y x"},
		{spool.Filter{Recipient: "a@X"}, "y x"},
		{spool.Filter{Recipient: "a@x", Subscription: "r"}, ""},
		{spool.Filter{Object: long.Object}, "h"},
	} {
		got, err := f.List(ctx, c.filter)
		f.must(err)
		if ids(got) != c.want {
			t.Errorf("%+v: %q, want %q", c.filter, ids(got), c.want)
		}
	}
	feed, err := f.Feed(ctx, "r", 10)
	f.must(err)
	if ids(feed) != "h z" || len(feed[1].Deliveries) != 2 {
		t.Errorf("feed %q: %+v", ids(feed), feed)
	}
	st, err := f.Stats(ctx)
	f.must(err)
	if st.Sent != 1 && st.Sent != 3 { // three were sent to feeds, and one notification is done
		t.Errorf("%d were sent", st.Sent)
	}
	st.Sent = 0
	if want := (spool.Stats{Ready: 3, Deliveries: 3, Oldest: noon.Add(time.Second)}); st != want {
		t.Errorf("stats %+v, want %+v", st, want)
	}
	for _, sending := range f.deliveries() {
		f.must(f.MarkFailed(ctx, sending, "no"))
	}
	failed, err := f.List(ctx, spool.Filter{State: spool.Failed, Subscription: "s"})
	f.must(err)
	if ids(failed) != "y x" {
		t.Errorf("failed are %q", ids(failed))
	}
}

// count returns how many notifications a filter chooses.
func (f *fixture) count(filter spool.Filter) int {
	f.t.Helper()
	filter.Limit = 10_000
	all, err := f.List(f.t.Context(), filter)
	f.must(err)
	return len(all)
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

// testLongTexts keeps the longest texts. A driver may cut reasons and leave out HTML, but
// never the text.
func testLongTexts(t *testing.T, f *fixture) {
	ctx := t.Context()
	body := strings.Repeat("\U0001F427", 65_536)
	html := strings.Repeat("<a href='https://example.org/\U0001F427'>&amp;</a>", 60_000)
	id := spool.Identity{Subscription: "s", Object: object.TestRef(strings.Repeat("\u00e9", 1000)), Message: "m"}
	f.must(f.Settle(ctx, spool.Settlement{
		Notifications: []spool.NewNotification{{Identity: id, Changed: noon, Reason: strings.Repeat("because ", 10_000)}},
		Considered:    []spool.Considered{{Subscription: "s", Day: "2026-03-04", LastError: strings.Repeat("error ", 10_000)}},
	}))
	n := f.pickOne()
	if !strings.HasPrefix(n.Reason, "because because") {
		t.Errorf("the reason is %.100s", n.Reason)
	}
	f.must(f.MarkReady(ctx, n, spool.Rendered{Subject: "S", Body: body, HTML: html, Recipients: []spool.Recipient{mail("a@x")}}))
	got := f.get(n.Number)
	if got.Identity != id || got.Body != body || got.HTML != html {
		t.Errorf("got a body of %d bytes and HTML of %d bytes, want %d and %d", len(got.Body), len(got.HTML), len(body), len(html))
	}
	f.must(f.RetryDelivery(ctx, f.deliveries()[0], strings.Repeat("busy ", 10_000), time.Hour))
	if got := f.get(n.Number).Deliveries[0].Error; !strings.HasPrefix(got, "busy busy") {
		t.Errorf("the error is %.100s", got)
	}
}

// testFailure: an error names its operation, and says why the context ended.
func testFailure(t *testing.T, f *fixture) {
	why := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	for operation, err := range map[string]error{
		"settle": f.Settle(ctx, spool.Settlement{Aside: []spool.Aside{{Identity: identityOf("s", "x")}}}), "wipe": errorOf(f.Wipe(ctx, noon)),
		"list": errorOf(f.List(ctx, spool.Filter{})), "pick deliveries": errorOf(f.PickDeliveries(ctx, spool.Mail, 1, 1)),
		"routes": errorOf(f.Routes(ctx)),
	} {
		if !errors.Is(err, why) || !strings.Contains(err.Error(), operation+": ") {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }
