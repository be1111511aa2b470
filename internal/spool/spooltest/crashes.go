// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// pickFor is how long these tests pick, in time of their clock.
const pickFor = 2 * time.Minute

// testCrashes lets several notifiers work at the same time, that die in the
// middle of anything, and lose answers. Every change is considered exactly once,
// every notification becomes ready once, a delivery goes out once for each pick,
// no two have a delivery at the same time, and nothing is lost.
func testCrashes(t *testing.T, f *fixture) {
	rounds := 80
	if testing.Short() || f.slow {
		rounds = 25
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := &simulation{fixture: f, sent: map[int64]int{}, noted: map[int64]int{}, readied: map[int64]int{}, had: map[int64]time.Time{}}
	var wg sync.WaitGroup
	const notifiers = 4
	steps := make(chan struct{}, notifiers*rounds)
	for i := range notifiers {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() {
			for range rounds {
				w.step(t.Context(), r)
				steps <- struct{}{}
			}
		})
	}
	const batches = 60
	for i := range batches {
		f.source.Note(t, 1+i%7, fmt.Sprint(i))
		<-steps // so that changes come while notifiers work, also on a fast machine
	}
	wg.Wait()
	w.finishWork(t.Context())
	w.check(batches)
}

// simulation is the notifiers of a test, and a record of the work they have done so far.
type simulation struct {
	*fixture
	clock sync.RWMutex // shared by picking notifiers, so that the clock stands still meanwhile

	mu      sync.Mutex
	sent    map[int64]int       // messages that left, by delivery
	noted   map[int64]int       // successful ends of deliveries
	readied map[int64]int       // successful ends of notifications
	had     map[int64]time.Time // the end of the pick of each delivery
}

// step is a bit of a notifier's life, which may end at any moment.
func (w *simulation) step(ctx context.Context, r *rand.Rand) {
	if r.IntN(3) == 0 {
		dying, cancel := context.WithCancel(ctx)
		defer cancel()
		timer := time.AfterFunc(time.Duration(r.IntN(5000))*time.Microsecond, cancel)
		defer timer.Stop()
		ctx = dying
	}
	var err error
	switch r.IntN(7) {
	case 0, 1:
		err = w.consider(ctx, r.IntN(12))
	case 2, 3:
		err = w.render(ctx, r)
	case 4, 5:
		err = w.deliver(ctx, r)
	case 6:
		w.clock.Lock()
		w.advance(time.Duration(r.IntN(90)) * time.Second)
		w.clock.Unlock()
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, spool.ErrTaken) {
		w.t.Error(err)
	}
}

// consider settles changes: for each there is a notification of its own, and one
// that all of them put off.
func (w *simulation) consider(ctx context.Context, objects int) error {
	batches, err := w.source.Changes(ctx, objects)
	if err != nil || len(batches) == 0 {
		return err
	}
	return w.settle(ctx, settlementOf(batches))
}

// settlementOf returns what considering batches led to.
func settlementOf(batches []spool.Batch) (s spool.Settlement) {
	for _, b := range batches {
		s.Batches = append(s.Batches, b.ID)
		s.Notifications = append(s.Notifications,
			spool.NewNotification{Identity: identityOf("own", string(b.Data)), Changed: b.At},
			spool.NewNotification{Identity: identityOf("shared", fmt.Sprint(len(b.Data))), Changed: b.At, Wait: time.Minute, AtMost: 5 * time.Minute})
		s.Considered = append(s.Considered, spool.Considered{Subscription: "own", Day: "2026-03-04", Objects: int64(b.Objects), Matched: 1})
		s.Statuses = append(s.Statuses, spool.Status{Object: object.Ref{Type: object.TypeBuild, ID: object.ID{"b"}}, Status: string(b.Data)})
	}
	return s
}

// settle settles batches, and tells the source, as a notifier does.
func (w *simulation) settle(ctx context.Context, s spool.Settlement) error {
	taken := w.Settle(ctx, s)
	done := s.Batches
	if errors.Is(taken, spool.ErrTaken) {
		var err error
		if done, err = w.Settled(ctx, s.Batches); err != nil {
			return err
		}
	} else if taken != nil {
		return taken
	}
	if err := w.source.Done(ctx, done); err != nil {
		return err
	}
	return taken
}

// render makes notifications ready. Some of their mails are above a budget.
func (w *simulation) render(ctx context.Context, r *rand.Rand) error {
	picked, err := w.PickNotifications(ctx, 1+r.IntN(5), pickFor)
	if err != nil {
		return err
	}
	for i := range picked {
		n := &picked[i]
		rendered := spool.Rendered{Recipients: []spool.Recipient{mail("a@x"), limited("b@x", 20, 0)}}
		switch {
		case r.IntN(5) == 0:
			return nil // it dies
		case n.Subscription == spool.Digest:
			held, err := w.HeldFor(ctx, n)
			if err != nil {
				return err
			}
			rendered.Recipients = []spool.Recipient{mail(n.Object.ID[0])}
			rendered.Digested = held
		case r.IntN(5) == 0:
			if err := w.Retry(ctx, n, time.Minute); err != nil {
				return err
			}
			continue
		}
		if err := w.MarkReady(ctx, n, rendered); err != nil {
			return err
		}
		w.mu.Lock()
		w.readied[n.Number]++
		w.mu.Unlock()
	}
	return nil
}

// deliver sends.
func (w *simulation) deliver(ctx context.Context, r *rand.Rand) error {
	picked, err := w.pickDeliveries(ctx, 1+r.IntN(8))
	if err != nil {
		return err
	}
	for _, sending := range picked {
		if r.IntN(6) == 0 {
			return nil // it dies, before sending
		}
		if r.IntN(6) == 0 {
			w.mu.Lock()
			delete(w.had, sending.Number) // whether the answer comes or not
			w.mu.Unlock()
			if err := w.RetryDelivery(ctx, sending, "busy", time.Second); err != nil {
				return err
			}
			continue
		}
		w.mu.Lock()
		w.sent[sending.Number]++
		w.mu.Unlock()
		if r.IntN(8) == 0 {
			return nil // it dies, after sending
		}
		if err := w.MarkSent(ctx, sending); err != nil {
			return err
		}
		w.mu.Lock()
		w.noted[sending.Number]++
		w.mu.Unlock()
	}
	return nil
}

// pickDeliveries picks deliveries, and checks that no other notifier has them.
func (w *simulation) pickDeliveries(ctx context.Context, n int) ([]*spool.Picked, error) {
	w.clock.RLock()
	defer w.clock.RUnlock()
	picked, err := w.PickDeliveries(ctx, spool.Mail, n, pickFor)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, sending := range picked {
		if until := w.had[sending.Number]; !w.now().After(until) {
			w.t.Errorf("delivery %d is picked at %v, although another pick lasts until %v", sending.Number, w.now(), until)
		}
		w.had[sending.Number] = w.now().Add(pickFor)
	}
	return picked, err
}

// finishWork does the remaining work without crashes.
func (w *simulation) finishWork(ctx context.Context) {
	calm := rand.New(steady{})
	midnight := noon.Add(12 * time.Hour)
	for range 1000 {
		for _, err := range []error{w.consider(ctx, 100), w.render(ctx, calm), w.deliver(ctx, calm)} {
			if !errors.Is(err, spool.ErrTaken) { // batches that the source sent again
				w.must(err)
			}
		}
		b, err := w.source.Backlog(ctx)
		w.must(err)
		left, err := w.Stats(ctx)
		w.must(err)
		if b.Batches == 0 && left.Waiting == 0 && left.Deliveries == 0 {
			return
		}
		if w.now().Before(midnight) {
			w.advance(5 * time.Minute) // picks run out
		} else {
			w.advance(time.Hour)
		}
	}
	w.t.Fatal("it does not end")
}

// steady is a source of the highest numbers only.
type steady struct{}

func (steady) Uint64() uint64 { return 1<<64 - 1 }

// check looks at what there is in the end.
func (w *simulation) check(batches int) {
	t := w.t
	c, err := w.Counters(t.Context(), "")
	w.must(err)
	if len(c) != 1 || c[0].Matched != int64(batches) {
		t.Errorf("considered %+v, want %d batches", c, batches)
	}
	all, err := w.List(t.Context(), spool.Filter{Limit: 10_000})
	w.must(err)
	own, digested, inDigests := 0, 0, 0
	for _, n := range all {
		if n.State != spool.Done {
			t.Errorf("notification %d is %s", n.Number, n.State)
		}
		if n.Subscription == "own" {
			own++
		}
		if w.readied[n.Number] > 1 {
			t.Errorf("notification %d became ready %d times", n.Number, w.readied[n.Number])
		}
		if n.Subscription == spool.Digest {
			inDigests++
		}
		for _, d := range n.Deliveries {
			switch {
			case d.State == spool.Digested && w.sent[d.Number] == 0:
				digested++
			case d.State != spool.Sent || w.sent[d.Number] == 0 || w.noted[d.Number] > 1:
				t.Errorf("delivery %d is %s, left %d times, and was noted %d times", d.Number, d.State, w.sent[d.Number], w.noted[d.Number])
			}
		}
	}
	// 20 mails to b are not held; all is on one day but what comes after a midnight.
	if own != batches || digested == 0 || inDigests == 0 {
		t.Errorf("%d notifications, want %d; %d mails in %d digests", own, batches, digested, inDigests)
	}
}
